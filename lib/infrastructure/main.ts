import { resolve } from 'node:path'
import { buildApp } from './app.ts'
import { findAssets } from './assets.ts'
import { readConfig } from './config.ts'

// The program of cdk.json, started in the root of the checkout: PLEURA_CONFIG=config/<env>.json npx cdk deploy
const root = process.cwd()
const config = readConfig(resolve(root, process.env.PLEURA_CONFIG ?? 'config/example.json'))
buildApp(config, findAssets(root)).app.synth()
