import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import { healthEnvironment } from './environment.ts'
import { isHealthy } from './health-file.ts'

/** The container's health check: `node health-check.js`. Ends with 1 when the worker is ill. */
process.exitCode = isHealthy(parseEnvironment(healthEnvironment, process.env).HEALTH_FILE, Date.now()) ? 0 : 1
