import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { proxy } from 'hono/proxy'

/** Where install-ohif.sh unpacks it. */
const dist = resolve(import.meta.dirname, '../../node_modules/.cache/ohif/3.13.2/dist')

/** What the viewer is told: one archive, of the same origin. */
const settings = {
  routerBasename: '/',
  extensions: [],
  modes: [],
  customizationService: {},
  showStudyList: true,
  maxNumberOfWebWorkers: 1,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false,
  investigationalUseDialog: { option: 'never' },
  defaultDataSourceName: 'dicomweb',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'dicomweb',
      configuration: {
        friendlyName: 'Orthanc',
        name: 'orthanc',
        wadoUriRoot: '/dicom-web',
        qidoRoot: '/dicom-web',
        wadoRoot: '/dicom-web',
        qidoSupportsIncludeField: false,
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        omitQuotationForMultipartRequest: true,
        bulkDataURI: { enabled: true, relativeResolution: 'studies' },
      },
    },
  ],
}

export interface OhifServer {
  readonly url: string
  readonly close: () => Promise<void>
}

/** OHIF and an archive's DICOMweb under one origin. `archive` is the address that has `/dicom-web`. */
export async function serveOhif(archive: string): Promise<OhifServer> {
  if (!existsSync(join(dist, 'index.html'))) throw new Error('OHIF is not there: bash test/ohif/install-ohif.sh')
  const app = new Hono()
  app.all('/dicom-web/*', ({ req }) => {
    const { pathname, search } = new URL(req.url)
    return proxy(`${archive}${pathname}${search}`, req)
  })
  app.get('/app-config.js', (c) =>
    c.body(`window.config = ${JSON.stringify(settings)}`, 200, { 'content-type': 'text/javascript' }),
  )
  app.use('/*', serveStatic({ root: dist }))
  // Its own routes (/viewer) are the page's.
  app.get('*', serveStatic({ path: join(dist, 'index.html') }))
  return new Promise((settle) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done())
          if ('closeAllConnections' in server) server.closeAllConnections()
        })
      settle({ url: `http://127.0.0.1:${port}`, close })
    })
  })
}
