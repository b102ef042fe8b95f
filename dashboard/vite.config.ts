import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const gateway = process.env.CCTV_GATEWAY ?? 'http://127.0.0.1:3000'

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    // The package's data: go-api serves it, the wheel carries it.
    outDir: '../src/cctv/services/dashboard',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    // Fonts as files: they are cached by themselves and never wait in the style sheet.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': gateway, '/media': gateway, '/ws': { target: gateway, ws: true } } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
})
