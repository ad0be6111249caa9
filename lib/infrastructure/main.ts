import { buildApp } from './app.ts'
import { findAssets } from './assets.ts'
import { configFileOf, readConfig } from './config.ts'

// The program of cdk.json, started in the root of the checkout: PLEURA_CONFIG=config/<env>.json npx cdk deploy
const root = process.cwd()
const config = readConfig(configFileOf(root, process.env.PLEURA_CONFIG))
buildApp(config, findAssets(root)).app.synth()
