import { useState } from 'preact/hooks'
import { describeError } from '../request.ts'
import { signIn } from './session.ts'

/** @param problem Of an attempt before; empty: none. */
export function IssuerForm({ problem: before }: { problem: string }) {
  const [problem, setProblem] = useState(before)
  return (
    <main class="sign-in">
      <h1>Pleura</h1>
      <p>You are not signed in, or no longer.</p>
      <button type="button" onClick={() => signIn().catch((error) => setProblem(describeError(error)))}>
        Sign in
      </button>
      <p role="alert">{problem}</p>
    </main>
  )
}
