// What comes of a run: a value, a page, a failure; and the record that forecasts learn from.

/// Why a task failed, in the terms that a person can act on.
package enum FailureKind: UInt8, Sendable, CaseIterable {
    /// The function threw an error.
    case thrown
    /// A runtime check of Swift stopped it: index out of range, overflow, nil unwrapped,
    /// fatalError.
    case trapped
    /// Its process died by a signal or left.
    case died
    /// An argument or result did not decode: the program and its data do not match.
    case undecodable
    /// The program has no such function: another build than the one that submitted.
    case unknownFunction
    /// A node or page that it needed is gone and cannot be made again.
    case lost
    /// Cancelled by its client.
    case cancelled
    /// No memory for its result.
    case noMemory
    /// Something that it needed failed; the cause is in the message.
    case inputFailed
    /// The graph itself is wrong: an unknown input, a repeated id.
    case invalidGraph
    /// Its function declares more memory or cores than any node has.
    case unmetNeeds
    /// A file that it reads is not there.
    case sourceMissing
    /// A file that it reads is not for this user.
    case sourceDenied
    /// A file that it reads is not the one that it was when the plan was made.
    case sourceChanged
    /// A file could not be read or written, for a reason that the message has.
    case sourceFailed
    /// It used an address next to zero, where nothing is: a global that main sets was not set, or a
    /// pointer was null.
    case nothingThere
    /// The cluster did not take the program in, or had nothing to run it on.
    case refused
    /// It took longer than it, or its plan, was given.
    case timedOut
    /// Data that was kept by a name and is not there any more: freed, replaced, or lost.
    case notKept

    /// Whether a file is at fault, and no task.
    package var isOfSource: Bool {
        switch self {
        case .sourceMissing, .sourceDenied, .sourceChanged, .sourceFailed: true
        default: false
        }
    }
}

/// A failure as it travels from the worker to the client.
package struct TaskFailure: Equatable, Sendable {
    /// What happened, in one word.
    package var kind: FailureKind
    /// What happened, in a sentence.
    package var message: String
    /// The Swift type of a thrown error, else empty.
    package var errorType: String
    /// The thrown error as it encodes itself, where it can and is not large; else empty.
    package var thrown: [UInt8]
    /// Source file of the place where it happened, empty where unknown.
    package var file: String
    /// Line in `file`; 0 where unknown.
    package var line: UInt32
    /// Short name of the function that failed.
    package var function: String
    /// The task that failed: for `inputFailed` the one that failed first.
    package var task: TaskID
    /// Which try of it.
    package var attempt: UInt32
    /// Name of the node.
    package var node: String
    /// Signal that ended the process; 0 for none.
    package var signal: Int32
    /// Offsets inside `image`, innermost first, for the client to turn into file and line.
    package var frames: [UInt64]
    /// File name of the image of `frames`; empty for the program itself.
    package var image: String
    /// The last lines that the task, or its process, printed.
    package var lastOutput: [String]

    /// A failure of `kind`; everything else is filled where it is known.
    package init(kind: FailureKind, message: String, task: TaskID = TaskID(high: 0, low: 0)) {
        self.kind = kind
        self.message = message
        self.task = task
        errorType = ""
        thrown = []
        file = ""
        line = 0
        function = ""
        attempt = 0
        node = ""
        signal = 0
        frames = []
        image = ""
        lastOutput = []
    }
}

/// One of the pages that an output consists of.
package struct OutputPart: Hashable, Sendable {
    /// Bytes, a multiple of 64 unless it is the last one.
    package var byteCount: Int64
    /// Elements of a page; 1 for a value.
    package var elementCount: Int64
    /// What its bytes must have when they come back from a disk or over the network; 0: not known.
    package var checksum: UInt64

    package init(byteCount: Int64, elementCount: Int64, checksum: UInt64 = 0) {
        self.byteCount = byteCount
        self.elementCount = elementCount
        self.checksum = checksum
    }
}

/// The pages of one output, one after the other without a gap.
package struct StoredPages: Hashable, Sendable {
    /// At least one.
    package let parts: [OutputPart]
    /// Bytes of all parts.
    package let byteCount: Int64
    /// Elements of all parts.
    package let elementCount: Int64

    /// - Parameter parts: at least one, with counts that are not negative; sums stop at the largest
    ///   number.
    package init(_ parts: [OutputPart]) {
        self.parts = parts
        byteCount = Self.sum(parts.lazy.map(\.byteCount))
        elementCount = Self.sum(parts.lazy.map(\.elementCount))
    }

    /// One page.
    package init(byteCount: Int64, elementCount: Int64, checksum: UInt64 = 0) {
        let part = OutputPart(
            byteCount: byteCount, elementCount: elementCount, checksum: checksum)
        parts = [part]
        self.byteCount = byteCount
        self.elementCount = elementCount
    }

    private static func sum(_ counts: some Sequence<Int64>) -> Int64 {
        counts.reduce(0) { sum, count in
            let (next, overflow) = sum.addingReportingOverflow(count)
            return overflow ? .max : next
        }
    }

    /// Where a part begins; nil: there are not so many.
    package func offset(of part: Int) -> Int64? {
        guard parts.indices.contains(part) else { return nil }
        return Self.sum(parts[..<part].lazy.map(\.byteCount))
    }
}

/// Where a result is.
package enum StoredOutput: Equatable, Sendable {
    /// A small value, carried in the message itself.
    case inline([UInt8])
    /// In the page store of the node that reports it, under the task's id.
    case page(StoredPages)

    /// One page.
    package static func onePage(
        byteCount: Int64, elementCount: Int64, checksum: UInt64 = 0
    ) -> StoredOutput {
        .page(StoredPages(byteCount: byteCount, elementCount: elementCount, checksum: checksum))
    }

    package var byteCount: Int64 {
        switch self {
        case .inline(let bytes): Int64(bytes.count)
        case .page(let pages): pages.byteCount
        }
    }
}

extension StoredOutput {
    /// Bytes that the output takes in a node's store; 0 for a value inside of a message.
    package var takenBytes: Int64 {
        guard case .inline = self else { return Self.takenBytes(ofPage: byteCount) }
        return 0
    }

    /// Bytes that a page takes in a node's store: large ones whole huge pages, others whole pages.
    package static func takenBytes(ofPage byteCount: Int64) -> Int64 {
        let isLarge = byteCount >= Agreed.largeBytesMin
        let unit = Int64(isLarge ? Agreed.largeUnit : Agreed.smallUnit)
        // Nobody has so much: sums of it stay numbers.
        return (max(1, min(byteCount, 1 << 56)) + unit - 1) / unit * unit
    }
}

/// How one run ended.
package enum RunOutcome: Equatable, Sendable {
    case finished(StoredOutput)
    case failed(TaskFailure)
    case cancelled
}

/// One run as forecasts see it.
package struct RunRecord: Equatable, Sendable {
    /// Same meaning and order as `TaskSpec.features`, with what was unknown filled in.
    package var features: [Double]
    /// Elements that a loop went over; 1 for a call.
    package var elements: Int64
    package var bytesIn: Int64
    package var bytesOut: Int64
    package var cpuNanoseconds: Int64
    package var wallNanoseconds: Int64
    /// First run of this function in its worker process.
    package var isCold: Bool

    package init(
        features: [Double] = [], elements: Int64 = 1, bytesIn: Int64 = 0, bytesOut: Int64 = 0,
        cpuNanoseconds: Int64 = 0, wallNanoseconds: Int64 = 0, isCold: Bool = false
    ) {
        self.features = features
        self.elements = elements
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.cpuNanoseconds = cpuNanoseconds
        self.wallNanoseconds = wallNanoseconds
        self.isCold = isCold
    }
}

/// News of one attempt, from worker to agent and from agent to coordinator, in batches.
package enum RunReport: Equatable, Sendable {
    /// A slot took it up.
    case started(AttemptID)
    /// It waits for its children and gave its core back.
    case suspended(AttemptID)
    /// Its children are done; it has a core again.
    case resumed(AttemptID)
    /// It ended.
    case ended(AttemptID, RunOutcome, RunRecord)
    /// Runs that it made itself ended in the same worker; counted and learned from, not scheduled.
    case childrenEnded(AttemptID, function: String, records: [RunRecord])
    /// It never started and is given back: recalled, or its worker is gone. Charged no attempt.
    case returned(AttemptID)

    package var attempt: AttemptID {
        switch self {
        case .started(let attempt), .suspended(let attempt), .resumed(let attempt),
            .ended(let attempt, _, _), .childrenEnded(let attempt, _, _), .returned(let attempt):
            attempt
        }
    }
}
