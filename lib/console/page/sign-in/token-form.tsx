import { useState } from 'preact/hooks'
import { describeError, request } from '../request.ts'

/** Of one machine. */
export function TokenForm({ onSignedIn }: { onSignedIn: () => void }) {
  const [problem, setProblem] = useState('')
  const signIn = async (event: SubmitEvent) => {
    event.preventDefault()
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token')
    try {
      await request('/api/session', { method: 'POST', body: String(token).trim() })
      onSignedIn()
    } catch (error) {
      setProblem(describeError(error))
    }
  }
  return (
    <main class="sign-in">
      <h1>Pleura</h1>
      <form onSubmit={signIn}>
        <label for="token">Token, as `pleura serve` has printed it</label>
        <input id="token" name="token" type="password" autocomplete="off" required />
        <button type="submit">Open the console</button>
        <p role="alert">{problem}</p>
      </form>
    </main>
  )
}
