// A chain under construction: its stages, what it goes over and who records it. The steps here add
// a stage; the operations that end a chain are in Chain+Terminals.swift.

public import SwoopElements

/// Steps over the elements of a source, run as one loop when an operation asks for a result.
@frozen public struct Chain<Stage: _ChainStage>: Sendable {
    @usableFromInline let stage: Stage
    @usableFromInline let source: _LoopSpec.Source
    @usableFromInline let recorder: any _LoopRecorder

    @inlinable
    init(_ stage: Stage, _ source: _LoopSpec.Source, _ recorder: any _LoopRecorder) {
        self.stage = stage
        self.source = source
        self.recorder = recorder
    }

    /// Each element through a function.
    @inlinable @inline(__always)
    @_disfavoredOverload public func map<F: ElementFunction>(_ function: F) -> Chain<
        _MapStage<Stage, F>
    > {
        Chain<_MapStage<Stage, F>>(_MapStage(stage, function), source, recorder)
    }

    /// The elements of which a function says yes.
    @inlinable @inline(__always)
    @_disfavoredOverload public func filter<F: ElementFunction>(_ function: F) -> Chain<
        _FilterStage<Stage, F>
    > {
        Chain<_FilterStage<Stage, F>>(_FilterStage(stage, function), source, recorder)
    }

    /// The results of a function that are not nil.
    @inlinable @inline(__always)
    @_disfavoredOverload public func compactMap<F: ElementFunction, Value>(
        _ function: F
    ) -> Chain<_CompactMapStage<Stage, F, Value>> where F.Output == Value? {
        Chain<_CompactMapStage<Stage, F, Value>>(
            _CompactMapStage(stage, function), source, recorder)
    }

    /// The elements of the sequences that a function gives.
    @inlinable @inline(__always)
    @_disfavoredOverload public func flatMap<F: ElementFunction>(_ function: F) -> Chain<
        _FlatMapStage<Stage, F>
    > {
        Chain<_FlatMapStage<Stage, F>>(_FlatMapStage(stage, function), source, recorder)
    }

    /// Each element with the value that a table in memory has for its key; others are left out.
    @inlinable @inline(__always)
    @_disfavoredOverload public func joined<F: ElementFunction, Value: RemoteValue>(
        with table: [F.Output: Value], on key: F
    ) -> Chain<_JoinStage<Stage, F, Value>> {
        Chain<_JoinStage<Stage, F, Value>>(_JoinStage(stage, key, .value(table)), source, recorder)
    }

    /// Each element with the value that a table has for its key; the table travels to each node
    /// once.
    @inlinable @inline(__always)
    @_disfavoredOverload public func joined<F: ElementFunction, Value: RemoteValue>(
        with table: Proxy<[F.Output: Value]>, on key: F
    ) -> Chain<_JoinStage<Stage, F, Value>> {
        Chain<_JoinStage<Stage, F, Value>>(
            _JoinStage(stage, key, .proxy(table._handle)), source, recorder)
    }
}

extension Chain where Stage == _RangeSource {
    /// The integers of a range.
    @inlinable @inline(__always)
    public static func _range(_ range: Range<Int>, recorder: any _LoopRecorder) -> Chain {
        let (count, isBeyond) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        if isBeyond {
            recorder._refuse(
                "\(range) has more integers than an Int can count", advice: "Use a smaller range.")
        }
        return Chain(
            _RangeSource(lower: range.lowerBound), .range(count: isBeyond ? 0 : count), recorder)
    }
}

extension Chain {
    /// The elements of a stored collection.
    @inlinable @inline(__always)
    public static func _pages<Element: PageElement>(
        _ handle: _ProxyHandle, recorder: any _LoopRecorder
    ) -> Chain where Stage == _PagesSource<Element> {
        Chain(_PagesSource(), .pages(handle), recorder)
    }

    /// The records of text files, in the order of the files.
    @inlinable @inline(__always)
    public static func _text<Format: _TextFormat>(
        _ files: TextFiles, format: Format, recorder: any _LoopRecorder
    ) -> Chain where Stage == _TextSource<Format> {
        Chain(
            _TextSource(format: format),
            .text(
                files: files, reading: Format._reading, lookBehind: format.lookBehind,
                firstBegin: { window, position in format.firstBegin(window, at: position) }),
            recorder)
    }
}
