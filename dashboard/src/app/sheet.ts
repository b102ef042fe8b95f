import { Store } from '@/base/store'

export const sheetOpen = new Store(false)
