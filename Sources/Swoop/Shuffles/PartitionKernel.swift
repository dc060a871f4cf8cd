// A shuffle's work on one part of its source: the rows are collected, put in the order of their
// keys and written as one page for each partition.

public import SwoopElements

/// Writes what comes out of a chain as pages, one for each partition of the keys, each in order.
@usableFromInline
package enum PartitionKernel<Stage: _ChainStage, KeyFunction: ElementFunction, Rows: _ShuffleRows>:
    _Kernel
where
    KeyFunction.Input == Stage.Output, KeyFunction.Output: SortKey, Rows.Element == Stage.Output
{
    /// The fields end with the number of partitions, the `_SplitRule`, whether only the first row
    /// of a key is wanted, the number of the part, and the splitters.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        let key = try KeyFunction(_decodingFields: &reader)
        let partitions = try reader.read(Int.self)
        let rule = _SplitRule(rawValue: try reader.read(UInt8.self)) ?? .never
        let keepsFirst = try reader.read(UInt8.self) != 0
        let part = try reader.read(Int.self)
        let splitters = Splitters<KeyFunction.Output>(
            try [KeySample<KeyFunction.Output.Kept>](decoding: &reader), part: part, rule: rule)
        var rows = Rows(host: context._host)
        var entries: [_SortEntry] = []
        try stage._source._walk(&context) { block, _ in
            try stage._forEach(block) { element in
                entries.append(
                    _SortEntry(number: try key._apply(element)._sortNumber, row: entries.count))
                try rows.append(element)
            }
            return true
        }
        try _sort(&entries, numberDecides: KeyFunction.Output._numberDecides) { left, right in
            let left = try key._apply(rows.element(left))
            return left._isBefore(try key._apply(rows.element(right)))
        }
        if keepsFirst {
            entries = try _firstOfEach(entries) { left, right in
                guard !KeyFunction.Output._numberDecides else { return false }
                let left = try key._apply(rows.element(left))
                return left._isBefore(try key._apply(rows.element(right)))
            }
        }
        var ranges: [Range<Int>] = []
        var start = 0
        for splitter in splitters.all.indices {
            let end = try _firstIndex(in: entries, from: start) { entry in
                try !splitters.isBefore(
                    entry, { try key._apply(rows.element(entry.row)) }, splitter)
            }
            ranges.append(start..<end)
            start = end
        }
        ranges.append(start..<entries.count)
        while ranges.count < partitions { ranges.append(entries.count..<entries.count) }
        context.producedCount = entries.count
        try rows.write(entries, ranges, to: context._host)
    }
}

/// The first entry of each key, of entries in order.
@inlinable func _firstOfEach(
    _ entries: [_SortEntry], _ isBefore: (_ left: Int, _ right: Int) throws -> Bool
) rethrows -> [_SortEntry] {
    var kept: [_SortEntry] = []
    for entry in entries {
        if let last = kept.last, last.number == entry.number, try !isBefore(last.row, entry.row) {
            continue
        }
        kept.append(entry)
    }
    return kept
}

/// The first index at or after `start` of which `isBehind` is true, as it is for all after it.
@inlinable func _firstIndex(
    in entries: [_SortEntry], from start: Int, _ isBehind: (_SortEntry) throws -> Bool
) rethrows -> Int {
    var low = start
    var high = entries.count
    while low < high {
        let middle = (low + high) / 2
        if try isBehind(entries[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
}
