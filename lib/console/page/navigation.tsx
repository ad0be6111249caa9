import { isSignedIn, signOut } from './sign-in/session.ts'

export type Place = 'worklist' | 'agreement' | 'operations'

const places: readonly [place: Place, words: string, href: string][] = [
  ['worklist', 'Worklist', '#/'],
  ['agreement', 'Agreement', '#/agreement'],
  ['operations', 'Operations', '#/operations'],
]

/** The ways to the other pages. */
export function Navigation({ place: here }: { place: Place }) {
  return (
    <nav class="places" aria-label="Pages">
      {places
        .filter(([place]) => place !== here)
        .map(([place, words, href]) => (
          <a key={place} href={href}>
            {words}
          </a>
        ))}
      {isSignedIn() ? (
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      ) : null}
    </nav>
  )
}
