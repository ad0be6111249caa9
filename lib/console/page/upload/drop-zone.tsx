import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { filesOfDrop } from './files-of-drop.ts'

interface Props {
  readonly onFiles: (files: readonly File[]) => void
  readonly children: ComponentChildren
}

/** Files and folders may be dropped anywhere on what is inside. The same is there for the keyboard as buttons. */
export function DropZone({ onFiles, children }: Props) {
  const [isOver, setIsOver] = useState(false)
  const onDrop = async (event: DragEvent) => {
    event.preventDefault()
    setIsOver(false)
    if (event.dataTransfer) onFiles(await filesOfDrop(event.dataTransfer))
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons above the list do the same
    <div
      class={isOver ? 'drop-zone over' : 'drop-zone'}
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={(event) => event.currentTarget === event.target && setIsOver(false)}
      onDrop={onDrop}
    >
      {children}
    </div>
  )
}
