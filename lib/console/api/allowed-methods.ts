import { routeAccess } from './route-access.ts'

const routes = Object.keys(routeAccess).map((route) => {
  const [method, path] = route.split(' ')
  return { method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) }
})

/** What may be done with what lies under a path; nothing where the API has no such path. */
export const allowedMethods = (path: string): string[] =>
  routes
    .filter(({ pattern }) => pattern.test(path))
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
