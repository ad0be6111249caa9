import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'

type Point = readonly [x: number, y: number]

/** What OHIF puts on its window: Cornerstone, and the viewports of it. */
interface Viewport {
  readonly canvas: HTMLCanvasElement
  getImageData(): { imageData: { indexToWorld(index: readonly number[]): number[] } } | undefined
  worldToCanvas(world: readonly number[]): [number, number]
}
interface OhifWindow {
  readonly cornerstone?: { getEnabledElements(): { viewport: Viewport }[] }
  readonly cornerstoneTools: {
    segmentation: { state: { getSegmentations(): { segments: Record<string, { label: string }> }[] } }
  }
}

/** A software renderer where there is no graphics card: without WebGL, OHIF draws no segmentation. */
export const softwareGraphics = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
]

/** One study in OHIF's viewer, as its reader meets it. */
export class OhifPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** Opens a study and waits for its radiograph. */
  async open(url: string, studyInstanceUid: string): Promise<void> {
    await this.#page.goto(`${url}/viewer?StudyInstanceUIDs=${studyInstanceUid}`)
    await this.#page.waitForFunction(() => {
      const { cornerstone } = window as unknown as OhifWindow
      return cornerstone?.getEnabledElements().some(({ viewport }) => viewport.getImageData())
    })
    const tour = this.#page.getByText('Skip all')
    await tour.click()
    await tour.waitFor({ state: 'detached' })
  }

  /** Modality and description of each series in the list. */
  async series(): Promise<string[]> {
    const list = this.#page.locator('[data-cy^=study-browser-thumbnail]')
    const parts = (cy: string, of: Locator) => of.locator(`[data-cy=${cy}]`).textContent()
    return Promise.all(
      (await list.all()).map(
        async (one) => `${await parts('series-modality-label', one)} ${await parts('series-description-label', one)}`,
      ),
    )
  }

  async openSeries(description: string): Promise<void> {
    await this.#page.getByText(description).first().dblclick()
  }

  /** Says yes to the question whether the segmentation is to be opened. */
  async confirm(): Promise<void> {
    const yes = this.#page.locator('[data-cy=yes-hydrate-btn]')
    await yes.click()
    await yes.waitFor({ state: 'detached' })
  }

  segmentLabels(): Promise<string[]> {
    return this.#page.evaluate(() =>
      (window as unknown as OhifWindow).cornerstoneTools.segmentation.state
        .getSegmentations()
        .flatMap(({ segments }) => Object.values(segments).map(({ label }) => label)),
    )
  }

  /** What stands beside the measurements that are drawn over the picture. */
  measurementTexts(): Promise<string[]> {
    return this.#page.locator('svg.svg-layer text tspan').allTextContents()
  }

  /** The box around what is drawn of measurements, without their texts. Unit: CSS pixels of the viewport. */
  contourBox(): Promise<{ left: number; top: number; right: number; bottom: number }> {
    return this.#page.evaluate(() => {
      const boxes = [...document.querySelectorAll<SVGGraphicsElement>('svg.svg-layer polyline, svg.svg-layer path')]
        .filter((shape) => shape.getAttribute('stroke-dasharray'))
        .map((shape) => shape.getBBox())
      return {
        left: Math.min(...boxes.map(({ x }) => x)),
        top: Math.min(...boxes.map(({ y }) => y)),
        right: Math.max(...boxes.map(({ x, width }) => x + width)),
        bottom: Math.max(...boxes.map(({ y, height }) => y + height)),
      }
    })
  }

  /** Where pixels of the radiograph are shown. Unit: CSS pixels of the viewport. */
  placesOf(pixels: readonly Point[]): Promise<[number, number][]> {
    return this.#page.evaluate((all) => {
      const [{ viewport }] = (window as unknown as OhifWindow).cornerstone!.getEnabledElements()
      const { imageData } = viewport.getImageData()!
      return all.map(([x, y]) => viewport.worldToCanvas(imageData.indexToWorld([x, y, 0])))
    }, pixels)
  }

  /** Which of these places are shown in a colour, and not in grey. Those outside the viewport are not. */
  async coloured(places: readonly Point[]): Promise<boolean[]> {
    const picture = await this.#page.locator('.cornerstone-canvas').first().screenshot()
    const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    return places.map(([x, y]) => {
      const [column, row] = [Math.round(x), Math.round(y)]
      if (column < 0 || row < 0 || column >= info.width || row >= info.height) return false
      const at = (row * info.width + column) * 3
      const rgb = [data[at], data[at + 1], data[at + 2]]
      return Math.max(...rgb) - Math.min(...rgb) > 25
    })
  }

  /** For the documents: phantoms alone. */
  async screenshot(path: string): Promise<void> {
    const picture = await this.#page.screenshot()
    await sharp(picture).png({ palette: true, effort: 10 }).toFile(path)
  }
}
