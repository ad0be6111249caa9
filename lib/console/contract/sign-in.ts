import * as z from 'zod'

/** sign-in.json beside the page: how people sign in where the console is not of one machine. Holds no secret. */
export const signInSettings = z
  .strictObject({
    issuer: z.url(),
    authorizationEndpoint: z.url(),
    tokenEndpoint: z.url(),
    clientId: z.string().min(1),
    scope: z.string().min(1),
    /** Which token the API takes: the one whose audience it is. */
    bearer: z.enum(['id_token', 'access_token']),
    /** Where a reader's session at the issuer ends; null: it has no such place, and goes on. */
    signOut: z
      .strictObject({
        endpoint: z.url(),
        /** What it calls the address to come back to: Cognito has a word of its own. */
        backParameter: z.enum(['post_logout_redirect_uri', 'logout_uri']),
      })
      .nullable(),
  })
  .meta({ id: 'SignInSettings' })

export type SignInSettings = z.infer<typeof signInSettings>
