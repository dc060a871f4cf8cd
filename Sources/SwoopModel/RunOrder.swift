// What an agent hands to a worker: one run with all of its inputs at hand.

/// What a page of a node lies in.
package enum PageMedium: UInt8, Hashable, Sendable, CaseIterable {
    /// The arena.
    case memory
    /// The spill file.
    case disk
}

/// A place of a node's pages.
package struct PageExtent: Equatable, Sendable {
    /// Bytes from the start of what it lies in.
    package var offset: Int64
    /// What lies there, one part after the other.
    package var pages: StoredPages
    package var medium = PageMedium.memory

    /// One page.
    package init(offset: Int64, byteCount: Int64, elementCount: Int64, checksum: UInt64 = 0) {
        self.init(
            offset: offset,
            pages: StoredPages(
                byteCount: byteCount, elementCount: elementCount, checksum: checksum))
    }

    package init(offset: Int64, pages: StoredPages, medium: PageMedium = .memory) {
        self.offset = offset
        self.pages = pages
        self.medium = medium
    }

    /// Bytes used: not more than were allocated.
    package var byteCount: Int64 { pages.byteCount }
    /// Elements of all parts; 1 for a value.
    package var elementCount: Int64 { pages.elementCount }

    /// The place of one part of it; nil: there is no such part here.
    package func part(at offset: Int64, _ part: OutputPart) -> PageExtent? {
        guard offset >= 0, part.byteCount >= 0, part.byteCount <= byteCount,
            offset <= byteCount - part.byteCount
        else { return nil }
        return PageExtent(
            offset: self.offset + offset, pages: StoredPages([part]), medium: medium)
    }
}

/// An input of a run, where the worker can read it.
package enum RunInputSource: Equatable, Sendable {
    case inline([UInt8])
    case extent(PageExtent)
}

/// An input of a run.
package struct RunInput: Equatable, Sendable {
    package var task: TaskID
    package var source: RunInputSource

    package init(task: TaskID, source: RunInputSource) {
        self.task = task
        self.source = source
    }
}

/// One run for a worker.
package struct RunOrder: Equatable, Sendable {
    package var spec: TaskSpec
    package var attempt: UInt32
    package var inputs: [RunInput]
    package var rank: Int64
    /// Slots that it takes, as its function declares: at least 1.
    package var cores: UInt32

    package init(
        spec: TaskSpec, attempt: UInt32, inputs: [RunInput], rank: Int64, cores: UInt32 = 1
    ) {
        self.spec = spec
        self.attempt = attempt
        self.inputs = inputs
        self.rank = rank
        self.cores = max(1, cores)
    }

    package var attemptID: AttemptID { AttemptID(task: spec.id, number: attempt) }
}
