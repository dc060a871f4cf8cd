// What an agent hands to a worker: one run with all of its inputs at hand.

/// A place in the arena of a node's pages.
package struct PageExtent: Hashable, Sendable {
    /// Bytes from the arena's start.
    package var offset: Int64
    /// Bytes used: not more than were allocated.
    package var byteCount: Int64
    /// Elements of a page; 1 for a value.
    package var elementCount: Int64

    package init(offset: Int64, byteCount: Int64, elementCount: Int64) {
        self.offset = offset
        self.byteCount = byteCount
        self.elementCount = elementCount
    }
}

/// An input of a run, where the worker can read it.
package enum RunInputSource: Hashable, Sendable {
    case inline([UInt8])
    case extent(PageExtent)
}

/// An input of a run.
package struct RunInput: Hashable, Sendable {
    package var task: TaskID
    package var source: RunInputSource

    package init(task: TaskID, source: RunInputSource) {
        self.task = task
        self.source = source
    }
}

/// One run for a worker.
package struct RunOrder: Hashable, Sendable {
    package var spec: TaskSpec
    package var attempt: UInt32
    package var inputs: [RunInput]
    package var rank: Int64

    package init(spec: TaskSpec, attempt: UInt32, inputs: [RunInput], rank: Int64) {
        self.spec = spec
        self.attempt = attempt
        self.inputs = inputs
        self.rank = rank
    }

    package var attemptID: AttemptID { AttemptID(task: spec.id, number: attempt) }
}
