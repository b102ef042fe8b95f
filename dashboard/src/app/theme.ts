import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** Neutral, not blue: from text (0) to the ground (9), in the order in which Mantine's dark scheme uses it. */
const dark: MantineColorsTuple = ['#ececea', '#c4c4c0', '#aaaaa6', '#858581', '#3c3c40', '#202022', '#161618', '#111112', '#0d0d0e', '#0a0a0b']

/** The one accent: what is selected. */
const accent: MantineColorsTuple = ['#eaf4ff', '#d3e8ff', '#a6d0ff', '#85c0ff', '#62b0ff', '#4a9ff2', '#3b8de0', '#2f78c2', '#255f9c', '#1c2f42']

export const theme = createTheme({
  colors: { dark, accent },
  primaryColor: 'accent',
  primaryShade: 4,
  autoContrast: true,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font)',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '14px', xl: '16px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs', h: 32 } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', checkIconPosition: 'right' } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, transitionProps: { duration: 80 } } },
    Modal: { defaultProps: { transitionProps: { duration: 100 }, centered: true, overlayProps: { backgroundOpacity: 0.6 } } },
    Menu: { defaultProps: { transitionProps: { duration: 80 } } },
  },
})
