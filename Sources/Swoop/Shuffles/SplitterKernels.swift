// Where a shuffle cuts its keys: each part of the source gives some of its keys as a sample, and
// one task chooses splitters among all samples, which every part then divides its rows by.

public import SwoopElements

/// A key of the sample, and where it stands: parts of the source in order, rows in them.
///
/// Rows with equal keys are told apart by their place, so that a collection of equal keys is
/// divided as evenly as any other.
@frozen @usableFromInline package struct KeySample<Kept: RemoteValue>: RemoteValue {
    @usableFromInline let key: Kept
    @usableFromInline let part: Int
    @usableFromInline let row: Int

    @inlinable init(_ key: Kept, part: Int, row: Int) {
        self.key = key
        self.part = part
        self.row = row
    }

    /// Appends key and place.
    @inlinable public func encode(into writer: inout ValueWriter) {
        key.encode(into: &writer)
        writer.write(part)
        writer.write(row)
    }

    /// Reads key and place.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        key = try Kept(decoding: &reader)
        part = try reader.read(Int.self)
        row = try reader.read(Int.self)
    }
}

/// How a shuffle divides rows with equal keys.
public enum _SplitRule: UInt8, Sendable {
    /// By their places: for an order.
    case byPlace
    /// Not at all: for what must see all elements of a key.
    case never
}

/// Gives some keys of the beginning of a part.
@usableFromInline
package enum SampleKernel<Stage: _ChainStage, KeyFunction: ElementFunction>: _Kernel
where KeyFunction.Input == Stage.Output, KeyFunction.Output: SortKey {
    /// Rows that are looked at.
    @inlinable static var seenMax: Int { 4_096 }
    /// Rows among them whose keys are given.
    @inlinable static var givenMax: Int { 128 }

    /// Writes a list of `KeySample`s; the fields end with the number of the part.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        let key = try KeyFunction(_decodingFields: &reader)
        let part = try reader.read(Int.self)
        context.isLookAhead = true
        var seen: [KeySample<KeyFunction.Output.Kept>] = []
        try stage._source._walk(&context) { block, _ in
            try stage._forEach(block) { element in
                guard seen.count < seenMax else { return }
                seen.append(KeySample(try key._apply(element)._kept, part: part, row: seen.count))
            }
            return seen.count < seenMax
        }
        let step = max(1, seen.count / givenMax)
        let given = stride(from: step / 2, to: seen.count, by: step).map { seen[$0] }
        given.encode(into: &context.output)
    }
}

/// Chooses splitters among samples.
@usableFromInline package enum SplitterKernel<Key: SortKey>: _Kernel {
    /// Writes a list of `KeySample`s, ascending, one fewer than there are partitions or less.
    ///
    /// The fields are the number of partitions and the `_SplitRule`; the arguments are lists of
    /// samples.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        let partitions = try fields.read(Int.self)
        let rule = _SplitRule(rawValue: try fields.read(UInt8.self)) ?? .never
        var arguments = context.argumentsReader
        var samples: [KeySample<Key.Kept>] = []
        while !arguments.isAtEnd {
            samples += try [KeySample<Key.Kept>](decoding: &arguments)
        }
        samples.sort { _isBefore($0, $1) }
        var splitters: [KeySample<Key.Kept>] = []
        for index in 1..<max(1, partitions) where !samples.isEmpty {
            let next = samples[samples.count * index / partitions]
            if let last = splitters.last {
                let isNew = rule == .never ? _isKeyBefore(last, next) : _isBefore(last, next)
                guard isNew else { continue }
            }
            splitters.append(next)
        }
        splitters.encode(into: &context.output)
    }

    @inlinable static func _isKeyBefore(
        _ left: KeySample<Key.Kept>, _ right: KeySample<Key.Kept>
    ) -> Bool {
        Key._withKey(left.key) { left in Key._withKey(right.key) { left._isBefore($0) } }
    }

    @inlinable static func _isBefore(
        _ left: KeySample<Key.Kept>, _ right: KeySample<Key.Kept>
    ) -> Bool {
        if _isKeyBefore(left, right) { return true }
        return !_isKeyBefore(right, left) && (left.part, left.row) < (right.part, right.row)
    }
}

/// Splitters as a part divides its rows by them.
@usableFromInline struct Splitters<Key: SortKey> {
    @usableFromInline let all: [KeySample<Key.Kept>]
    @usableFromInline let numbers: [UInt64]
    @usableFromInline let part: Int
    @usableFromInline let rule: _SplitRule

    @inlinable init(_ all: [KeySample<Key.Kept>], part: Int, rule: _SplitRule) {
        self.all = all
        numbers = all.map { Key._withKey($0.key) { $0._sortNumber } }
        self.part = part
        self.rule = rule
    }

    /// Whether a row of the part belongs before a splitter.
    @inlinable func isBefore(
        _ entry: _SortEntry, _ key: () throws -> Key, _ splitter: Int
    ) rethrows -> Bool {
        let number = numbers[splitter]
        if entry.number != number { return entry.number < number }
        let sample = all[splitter]
        let isFirst = rule == .byPlace && (part, entry.row) < (sample.part, sample.row)
        if Key._numberDecides { return isFirst }
        let key = try key()
        return Key._withKey(sample.key) { other in
            key._isBefore(other) || isFirst && !other._isBefore(key)
        }
    }
}
