import { useEffect, useReducer, useRef, useState } from 'preact/hooks'
import { decodeRunLength, encodeRunLength } from '../../../screening/finding/run-length.ts'
import type { Review } from '../../contract/review.ts'
import { loadMask, type Picture } from '../study/load-study.ts'
import { type Brush, MaskEditor } from './mask-editor.ts'
import type { Point } from './view.ts'

/** A mask over a picture. */
export interface PaintedMask {
  /** 0/1; null where the shown one is none. Changes in place: `version` tells. */
  readonly mask: Uint8Array | null
  /** Whose it is: 'model', 'own' or the id of a review. */
  readonly shown: string
  readonly version: number
  readonly paint: (from: Point, to: Point, brush: Brush) => void
  readonly lift: () => void
}

/** The model's mask of a picture that nobody draws on. */
export const modelMask = ({ mask }: Picture): PaintedMask => ({
  mask,
  shown: 'model',
  version: 0,
  paint: () => {},
  lift: () => {},
})

/** The masks that one may look at: the model's, the reader's own, and those of reviews. */
export interface ReaderMasks extends PaintedMask {
  readonly choices: readonly { readonly id: string; readonly words: string }[]
  readonly show: (id: string) => void
  /** Null: the reader has drawn nothing that stands. */
  readonly own: MaskEditor | null
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly undo: () => void
  readonly redo: () => void
  readonly discard: () => void
  /** Fetches what a reader has drawn, and shows it. */
  readonly open: (review: Review) => Promise<void>
}

/** What was drawn and not stored yet, as run lengths: a reader who looks at the neighbour comes back to it. */
const drafts = new Map<string, string>()
addEventListener('beforeunload', (event) => {
  if (drafts.size > 0) event.preventDefault()
})

/** @param picture Null until it is there */
export function useReaderMasks(studyId: string, picture: Picture | null): ReaderMasks {
  const editor = useRef<MaskEditor | null>(null)
  /** An editor that goes on from a draft stands even when nothing can be undone in it. */
  const isFromDraft = useRef(false)
  const [shown, show] = useState('model')
  const [opened, setOpened] = useState<readonly { id: string; words: string; mask: Uint8Array }[]>([])
  const [version, step] = useReducer((count: number, _: undefined) => count + 1, 0)
  const changed = () => step(undefined)

  useEffect(() => {
    const draft = drafts.get(studyId)
    if (!picture || draft === undefined) return
    editor.current = new MaskEditor(picture.facts, decodeRunLength(draft, picture.facts))
    isFromDraft.current = true
    show('own')
  }, [studyId, picture])

  const isDrawn = isFromDraft.current || editor.current?.canUndo === true
  const own = isDrawn ? editor.current : null
  const keepDraft = () => {
    if (picture && editor.current && (isFromDraft.current || editor.current.canUndo)) {
      drafts.set(studyId, encodeRunLength(editor.current.mask, picture.facts))
    } else drafts.delete(studyId)
    changed()
  }
  const maskOf = (id: string): Uint8Array | null =>
    (id === 'model'
      ? picture?.mask
      : id === 'own'
        ? editor.current?.mask
        : opened.find((one) => one.id === id)?.mask) ?? null

  return {
    mask: maskOf(shown),
    shown,
    choices: [
      { id: 'model', words: "the model's" },
      ...(own || shown === 'own' ? [{ id: 'own', words: 'yours' }] : []),
      ...opened,
    ],
    version,
    show,
    own,
    canUndo: editor.current?.canUndo === true,
    canRedo: editor.current?.canRedo === true,
    paint: (from, to, brush) => {
      if (!picture) return
      // What is in view is what is drawn on, unless a drawing of one's own was begun.
      if (!isDrawn && !editor.current?.canRedo && shown !== 'own') {
        editor.current = new MaskEditor(picture.facts, maskOf(shown))
      }
      editor.current!.paint(from, to, brush)
      show('own')
      changed()
    },
    lift: () => {
      editor.current?.lift()
      keepDraft()
    },
    undo: () => {
      editor.current?.undo()
      keepDraft()
    },
    redo: () => {
      editor.current?.redo()
      keepDraft()
    },
    discard: () => {
      editor.current = null
      isFromDraft.current = false
      show('model')
      keepDraft()
    },
    open: async (review) => {
      if (!picture) return
      const mask = await loadMask(`/api/studies/${studyId}/reviews/${review.reviewId}/mask`, picture.facts)
      const words = `${review.reviewer}, ${new Date(review.reviewedAt).toLocaleString()}`
      setOpened((before) => [
        ...before.filter(({ id }) => id !== review.reviewId),
        { id: review.reviewId, words, mask },
      ])
      show(review.reviewId)
    },
  }
}
