import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Relative, so that the page also works behind a path prefix.
  base: './',
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    // One hashed folder, which the server may tell browsers to keep for ever.
    assetsDir: 'assets',
    chunkSizeWarningLimit: 1400,
    rolldownOptions: {
      // The map's worker is an .mjs file; .js is what every server knows the type of.
      output: {
        assetFileNames: ({ names }) =>
          names.some((name) => name.endsWith('.mjs'))
            ? 'assets/[name]-[hash].js'
            : 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/collections', '/tiles', '/styles', '/areas', '/documents'].map((path) => [
        path,
        'http://127.0.0.1:8080',
      ]),
    ),
  },
  test: { include: ['src/**/*.test.ts'] },
});
