import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.verify/', 'node_modules/', '*.js', '*.cjs'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-shadow': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A source may have nothing to await: the contract makes it async, not the body.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off', // doing nothing is what silent versions do
      'no-restricted-syntax': ['error', { selector: 'ExportAllDeclaration', message: 'List the names.' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/host/**', 'src/programs/**'], // only these know their process
    rules: { 'no-restricted-globals': ['error', 'console', 'process'] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/host/**'], // time comes from a Clock, and only host/ has the real one
    rules: {
      'no-restricted-properties': ['error', { object: 'Date', property: 'now', message: 'Ask the Clock.' }],
      'no-restricted-imports': ['error', { paths: [{ name: 'node:timers' }, { name: 'node:timers/promises' }] }],
    },
  },
)
