import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag'
import type { Assets } from './assets.ts'
import type { EnvironmentConfig } from './config.ts'
import { PleuraStack } from './stacks/pleura-stack.ts'

export interface BuiltApp {
  readonly app: App
  readonly stack: PleuraStack
}

/** The app of one environment; its synthesis fails on any open finding of AwsSolutions or HIPAA.Security. */
export function buildApp(config: EnvironmentConfig, assets: Assets, context: Record<string, unknown> = {}): BuiltApp {
  const app = new App({ context })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new HIPAASecurityChecks(app))
  const stack = new PleuraStack(app, `pleura-${config.name}`, {
    config,
    assets,
    env: { account: config.account, region: config.region },
    terminationProtection: true,
    description: 'Pleura: pneumothorax screening of chest radiographs. Not a medical device.',
  })
  return { app, stack }
}
