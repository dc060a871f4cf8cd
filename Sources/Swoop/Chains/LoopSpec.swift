// What a terminal operation hands to whoever records the plan: the kernels, the encoded captured
// values, the source and the kind of the result. How that becomes tasks is the recorder's business.

public import SwoopElements

/// One terminal operation of a chain, ready to be split into tasks.
public struct _LoopSpec: Sendable {
    /// What the loop goes over.
    public enum Source: Sendable {
        /// The offsets `0..<count` of a range.
        case range(count: Int)
        /// The elements of a stored collection.
        case pages(_ProxyHandle)
        /// The pages of a stored collection, each as a whole.
        case wholePages(_ProxyHandle)
        /// The elements of two stored collections at the same indices.
        case zipped(_ProxyHandle, _ProxyHandle)
        /// The elements of a stored collection, looked up in another one.
        case joined(_JoinSpec)
        /// The bytes of files; a window must begin `lookBehind` bytes before its range, and reach
        /// so far that `firstBegin` finds where the first record behind the range begins.
        case text(
            files: TextFiles, reading: _FileReading, lookBehind: Int,
            firstBegin: @Sendable (_TextWindow, _ position: Int) -> Int?)
        /// Partitions of collections, each merged from all parts.
        case shuffled(_ShuffleSpec)
        /// The rows of tables written as text.
        case csv(_CSVFiles)
    }

    /// How the partial results of runs become one answer.
    public struct Reduction: Sendable {
        /// Takes encoded partial results as arguments, one after the other, and gives one.
        public let combine: _KernelHandle
        /// Takes encoded partial results as arguments and gives the answer: an encoded value, or
        /// pages if the loop has a `pageLayout`.
        public let answer: _KernelHandle
        /// The `fields` of both.
        public let fields: ValueWriter
        /// Whether arguments must come in the order of the source, next to one another; else any
        /// order gives the same bits.
        public let isOrdered: Bool
        /// What divides partial results by key where all of them may be too much for one run; nil:
        /// nothing can.
        public let byKey: KeySteps?
        /// Whether the loop's kernel divides partial results itself, into as many pages as its
        /// fields end with; `answer` then takes one page of every part.
        public let isDivided: Bool

        /// Joins the two steps.
        public init(
            combine: _KernelHandle, answer: _KernelHandle, fields: ValueWriter, isOrdered: Bool,
            byKey: KeySteps? = nil, isDivided: Bool = false
        ) {
            self.isDivided = isDivided
            self.combine = combine
            self.answer = answer
            self.fields = fields
            self.isOrdered = isOrdered
            self.byKey = byKey
        }
    }

    /// The steps that divide a reduction by key among several runs.
    public struct KeySteps: Sendable {
        /// Has the loop's fields, and gives some keys of a part.
        public let sample: _KernelHandle
        /// Takes samples as arguments, and chooses where to cut the keys.
        public let cuts: _KernelHandle
        /// The loop over a part, its partial results cut into pages; the reduction's `answer` takes
        /// one page of every part.
        public let partition: _KernelHandle

        /// Joins the steps.
        public init(sample: _KernelHandle, cuts: _KernelHandle, partition: _KernelHandle) {
            self.sample = sample
            self.cuts = cuts
            self.partition = partition
        }
    }

    /// The loop as the user would write it: what forecasting knows it by.
    public let name: String
    /// Runs over a part of the source.
    public let kernel: _KernelHandle
    /// The kernel's `fields`; captured proxies are in `captures`.
    public var fields: ValueWriter
    /// What the loop goes over.
    public let source: Source
    /// The number of the source's positions in a leaf: best cut here.
    public let leafWidth: Int
    /// How partial results become the answer; nil if the kernel writes pages itself.
    public let reduction: Reduction?
    /// The layout of the pages that are the result; nil if the result is a value.
    public let pageLayout: _PageLayout?
    /// The bytes that a position of the source leaves in the result's pages; nil if unknown.
    public var positionByteCount: Int?
    /// Whether the number of its part is each run's last argument.
    public var numbersParts = false

    /// Describes a loop; called by the terminal operations.
    public init(
        name: String, kernel: _KernelHandle, fields: ValueWriter, source: Source, leafWidth: Int,
        reduction: Reduction?, pageLayout: _PageLayout?
    ) {
        self.name = name
        self.kernel = kernel
        self.fields = fields
        self.source = source
        self.leafWidth = leafWidth
        self.reduction = reduction
        self.pageLayout = pageLayout
    }
}

/// Records terminal operations as tasks of a plan.
public protocol _LoopRecorder: AnyObject, Sendable {
    /// Adds a loop and answers with the handle of its result.
    func _record(_ loop: _LoopSpec) -> _ProxyHandle
    /// Adds a loop that writes files, and answers with their handle.
    func _save(
        _ loop: _LoopSpec, at path: String, suffix: String, parts: SavedParts, replacing: Bool
    ) -> SavedFiles
    /// The form in which rows are saved; notes what is wrong with it.
    func _csvFormat<Row: CSVCells>(header: [String]?, separator: Character) -> _CSVFormat<Row>
    /// The form in which records are saved; notes what is wrong with it.
    func _recordsFormat<Row: RemoteValue>(of type: Row.Type) -> _RecordsFormat<Row>
    /// Notes what an operation is asked for that it cannot give; told when the plan is run.
    func _refuse(_ message: String, advice: String)
}

extension _LoopRecorder {
    /// Refuses a number that is less than an operation can do with; `%` stands for it.
    @inlinable
    public func _check(_ number: Int, _ operation: String, least: Int = 0) {
        guard number < least else { return }
        _refuse(
            operation.split(separator: "%", omittingEmptySubsequences: false)
                .joined(separator: "\(number)"),
            advice: "Pass \(least) or more.")
    }

    /// Refuses a number that is more than an operation can do with; `%` stands for it.
    @inlinable
    public func _check(_ number: Int, _ operation: String, most: Int) {
        guard number > most else { return }
        _refuse(
            operation.split(separator: "%", omittingEmptySubsequences: false)
                .joined(separator: "\(number)"),
            advice: "Pass \(most) or less.")
    }

    /// Refuses a fraction that is none.
    @inlinable
    public func _check(fraction: Double) {
        if fraction >= 0 && fraction <= 1 { return }
        _refuse("a sample of \(fraction) of the elements", advice: "Pass a fraction from 0 to 1.")
    }
}

/// Text files, and who reads them.
public struct TextFiles: Sendable {
    /// Their paths.
    public let paths: [String]
    /// True: every node has them under these paths.
    ///
    /// Else they are this program's: where a node is another machine, their text is sent to it.
    public let areShared: Bool

    /// Names files.
    public init(_ paths: [String], areShared: Bool = false) {
        self.paths = paths
        self.areShared = areShared
    }
}
