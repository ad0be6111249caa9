import { describe, expect, it } from 'vitest'
import { allowedMethods } from '../../lib/console/api/allowed-methods.ts'
import { type ConsoleBackend, createApi } from '../../lib/console/api/create-api.ts'

const study = `/api/studies/${'a'.repeat(32)}`

describe('allowedMethods', () => {
  it.each([
    ['/api/studies', ['GET', 'HEAD']],
    [study, ['GET', 'HEAD']],
    [`${study}/reviews`, ['GET', 'HEAD', 'POST']],
    [`${study}/reading`, ['PUT']],
    ['/api/reviews/labels.csv', ['GET', 'HEAD']],
    ['/api/reviews/labelsxcsv', []],
    ['/api/studies/a/b/c', []],
    ['/api', []],
  ])('of %s are %j', (path, methods) => {
    expect(allowedMethods(path)).toEqual(methods)
  })

  it.each([
    ['DELETE', `${study}/reviews`, 405, 'GET, HEAD, POST'],
    ['GET', `${study}/reading`, 405, 'PUT'],
    ['GET', '/api/nowhere', 404, null],
  ])('are told where another is asked for: %s %s', async (method, path, status, allow) => {
    const response = await createApi({} as ConsoleBackend).request(path, { method })
    expect(response.status).toBe(status)
    expect(response.headers.get('allow')).toBe(allow)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ status })
  })
})
