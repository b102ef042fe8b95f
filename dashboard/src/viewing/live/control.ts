/** What keys and buttons of the page do with a tile, whichever draws it. */
export interface TileControl {
  snapshot: () => void
  /** Begins the replay of the last 30 s, or ends it. */
  replay: () => void
  /** Ends a replay; whether there was one. */
  endReplay: () => boolean
  full: () => void
  /** The moment of the picture that is seen; NaN without one. */
  moment: () => number
}

export class TileControls {
  private readonly tiles = new Map<string, TileControl>()

  add(camera: string, control: TileControl): () => void {
    this.tiles.set(camera, control)
    return () => {
      if (this.tiles.get(camera) === control) this.tiles.delete(camera)
    }
  }

  of(camera: string | null | undefined): TileControl | undefined {
    return camera ? this.tiles.get(camera) : undefined
  }
}
