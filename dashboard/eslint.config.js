import js from '@eslint/js'
import i18next from 'eslint-plugin-i18next'
import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

// A room is entered by its face (index.ts); base knows no room; rooms of one rank do not know each other.
const doors = (rooms, words) => ({
  'no-restricted-imports': ['error', { patterns: [{ group: rooms, message: words }] }],
})

export default tseslint.config(
  { ignores: ['node_modules', 'src/base/api/schema.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  hooks.configs.flat['recommended-latest'],
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js', '*.cjs', '*.ts'] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['src/**/*.tsx'], ...i18next.configs['flat/recommended'], rules: { 'i18next/no-literal-string': ['error', { mode: 'jsx-only', 'jsx-attributes': { include: ['^(aria-label|label|title|placeholder|alt|description)$'] } }] } },
  { files: ['src/base/**'], rules: doors(['@/app/*', '@/access', '@/access/*', '@/administration/*', '@/cameras', '@/cameras/*', '@/viewing/*'], 'base knows no room') },
  { files: ['src/access/**'], rules: doors(['@/app/*', '@/administration/*', '@/cameras', '@/cameras/*', '@/viewing/*'], 'who is who is known below cameras and viewers') },
  { files: ['src/cameras/**'], rules: doors(['@/app/*', '@/access/*', '@/administration/*', '@/viewing/*'], 'cameras exist without viewers') },
  { files: ['src/viewing/**'], rules: doors(['@/app/*', '@/access/*', '@/administration/*', '@/cameras/*'], 'enter access and cameras by their faces') },
  { files: ['src/administration/**'], rules: doors(['@/app/*', '@/access/*', '@/cameras/*', '@/viewing/*'], 'enter access and cameras by their faces') },
  { files: ['*.js', '*.cjs', '*.ts'], ...tseslint.configs.disableTypeChecked, languageOptions: { globals: { module: 'writable', process: 'readonly', console: 'readonly', URL: 'readonly' } } },
)
