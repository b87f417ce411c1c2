const parts = 'sources|sinks|checkpoints|drains|splunk|host'
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^src/(?!core/)' },
    },
    {
      name: 'core-imports-only-node',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'codecs-and-clients-import-only-core',
      severity: 'error',
      from: { path: '^src/(codecs|clients)/' },
      to: { path: '^src/(?!core/)', pathNot: '^src/$1/' },
    },
    {
      name: 'codecs-do-no-io',
      severity: 'error',
      from: { path: '^src/codecs/' },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|net|tls|http|https|dgram|child_process)' },
    },
    {
      name: 'parts-are-strangers',
      severity: 'error',
      from: { path: `^src/(${parts})/` },
      to: { path: `^src/(${parts}|wiring)/`, pathNot: '^src/$1/' },
    },
    {
      name: 'nobody-imports-a-door',
      severity: 'error',
      from: {},
      to: { path: '^src/(programs/|index\\.ts|pino\\.ts)' },
    },
    { name: 'product-imports-no-test', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|scripts)/' } },
  ],
  options: { tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
}
