import { runMocha } from './mocha.ts'
import { installMoto, withMoto } from './moto-server.ts'
import type { Step } from './step.ts'

const files = ['dynamodb-checkpoints', 'kinesis-reader', 'pipelines'].map((name) => `test/verify/${name}.verify.ts`)

const testTimeoutMs = 300_000

/** The contract suites of DynamoDB and Kinesis, and the commands in pipelines, against moto's server, which is nobody of ours. */
export const motoStep: Step = {
  name: "contracts and pipelines against moto's DynamoDB and Kinesis",
  async run(context) {
    const bin = await installMoto(context)
    return withMoto(bin, context, (endpoint) =>
      runMocha(
        {
          files,
          env: { KINLOADER_VERIFY_DYNAMODB_ENDPOINT: endpoint, KINLOADER_VERIFY_KINESIS_ENDPOINT: endpoint },
          timeoutMs: testTimeoutMs,
        },
        context,
      ),
    )
  },
}
