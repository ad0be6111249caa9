import { render } from 'preact'
import { App } from './app.tsx'
import { describeError } from './request.ts'
import { completeSignIn } from './sign-in/session.ts'

const problem = await completeSignIn().then(() => '', describeError)
render(<App signInProblem={problem} />, document.getElementById('app')!)
