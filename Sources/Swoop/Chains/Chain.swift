// A chain under construction: its stages, what it goes over and who records it. The steps here add
// a stage; the operations that end a chain are in Chain+Terminals.swift.

public import SwoopElements

/// Steps over the elements of a source, run as one loop when an operation asks for a result.
@frozen public struct Chain<Stage: ChainStage>: Sendable {
    @usableFromInline let stage: Stage
    @usableFromInline let source: LoopSpec.Source
    @usableFromInline let recorder: any LoopRecorder

    @inlinable
    init(_ stage: Stage, _ source: LoopSpec.Source, _ recorder: any LoopRecorder) {
        self.stage = stage
        self.source = source
        self.recorder = recorder
    }

    /// Each element through a function.
    @inlinable @inline(__always)
    public func map<F: ElementFunction>(_ function: F) -> Chain<MapStage<Stage, F>> {
        Chain<MapStage<Stage, F>>(MapStage(stage, function), source, recorder)
    }

    /// The elements of which a function says yes.
    @inlinable @inline(__always)
    public func filter<F: ElementFunction>(_ function: F) -> Chain<FilterStage<Stage, F>> {
        Chain<FilterStage<Stage, F>>(FilterStage(stage, function), source, recorder)
    }

    /// The results of a function that are not nil.
    @inlinable @inline(__always)
    public func compactMap<F: ElementFunction, Value>(
        _ function: F
    ) -> Chain<CompactMapStage<Stage, F, Value>> where F.Output == Value? {
        Chain<CompactMapStage<Stage, F, Value>>(CompactMapStage(stage, function), source, recorder)
    }

    /// The elements of the sequences that a function gives.
    @inlinable @inline(__always)
    public func flatMap<F: ElementFunction>(_ function: F) -> Chain<FlatMapStage<Stage, F>> {
        Chain<FlatMapStage<Stage, F>>(FlatMapStage(stage, function), source, recorder)
    }

    /// Each element with the value that a table in memory has for its key; others are left out.
    @inlinable @inline(__always)
    public func joined<F: ElementFunction, Value: RemoteValue>(
        with table: [F.Output: Value], on key: F
    ) -> Chain<JoinStage<Stage, F, Value>> {
        Chain<JoinStage<Stage, F, Value>>(JoinStage(stage, key, .value(table)), source, recorder)
    }

    /// Each element with the value that a table has for its key; the table travels to each node
    /// once.
    @inlinable @inline(__always)
    public func joined<F: ElementFunction, Value: RemoteValue>(
        with table: Proxy<[F.Output: Value]>, on key: F
    ) -> Chain<JoinStage<Stage, F, Value>> {
        Chain<JoinStage<Stage, F, Value>>(
            JoinStage(stage, key, .proxy(table._handle)), source, recorder)
    }
}

extension Chain where Stage == RangeSource {
    /// The integers of a range.
    @inlinable @inline(__always)
    public static func _range(_ range: Range<Int>, recorder: any LoopRecorder) -> Chain {
        let (count, isBeyond) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        if isBeyond {
            recorder._refuse(
                "\(range) has more integers than an Int can count", advice: "Use a smaller range.")
        }
        return Chain(
            RangeSource(lower: range.lowerBound), .range(count: isBeyond ? 0 : count), recorder)
    }
}

extension Chain {
    /// The elements of a stored collection.
    @inlinable @inline(__always)
    public static func _pages<Element: PageElement>(
        _ handle: ProxyHandle, recorder: any LoopRecorder
    ) -> Chain where Stage == PagesSource<Element> {
        Chain(PagesSource(), .pages(handle), recorder)
    }

    /// The records of text files, in the order of the files.
    @inlinable @inline(__always)
    public static func _text<Format: TextFormat>(
        _ files: TextFiles, format: Format, recorder: any LoopRecorder
    ) -> Chain where Stage == TextSource<Format> {
        Chain(
            TextSource(format: format),
            .text(
                files: files, reading: Format._reading, lookBehind: format.lookBehind,
                firstBegin: { window, position in format.firstBegin(window, at: position) }),
            recorder)
    }
}
