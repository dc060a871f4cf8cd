// Which runs of a function are worth keeping: the forecasts in memory and the models on disk keep
// the same ones. The newest stay, and of every size some, so that the one large run of last week
// survives a thousand small ones of today.

/// Bounds a function's runs on one node.
package enum RecordWindow {
    /// Runs kept per function and node: enough to tell a growth law from its neighbours.
    package static let limit = 64

    /// The indices of the runs to keep, rising, at most `limit` of them.
    ///
    /// `records` stand in the order in which they ended. While there are too many, the oldest of
    /// the fullest size class goes; of equally full classes, the one whose oldest run is the
    /// oldest. A size class: the same power of two in every feature and in the count of elements,
    /// and as cold.
    package static func indicesToKeep(
        of records: [RunRecord], limit: Int = RecordWindow.limit
    ) -> [Int] {
        guard records.count > limit else { return Array(records.indices) }
        var members: [UInt64: [Int]] = [:]
        var order: [UInt64] = []
        for index in records.indices {
            let key = sizeClass(of: records[index])
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(index)
        }
        // `order` is by oldest member at first; of each class only the newest `share` stay.
        let classes = order.map { members[$0] ?? [] }
        return keptMembers(of: classes, limit: limit).sorted()
    }

    /// Levels the fullest classes down to the limit: as if the oldest of the fullest went one by
    /// one.
    private static func keptMembers(of classes: [[Int]], limit: Int) -> [Int] {
        var total = classes.reduce(0) { $0 + $1.count }
        var level = classes.reduce(0) { max($0, $1.count) }
        while level > 1 {
            let next = classes.reduce(0) { $0 + min($1.count, level - 1) }
            if next < limit { break }
            level -= 1
            total = next
        }
        var kept: [[Int]] = classes.map { Array($0.suffix(level)) }
        total = kept.reduce(0) { $0 + $1.count }
        while total > limit {
            // All that are at the level lose one, oldest first.
            var oldest = -1
            for index in kept.indices where kept[index].count == level {
                if oldest < 0 || kept[index][0] < kept[oldest][0] { oldest = index }
            }
            if oldest < 0 { break }
            kept[oldest].removeFirst()
            total -= 1
        }
        return kept.flatMap { $0 }
    }

    /// Runs of one class differ by less than a factor of two in everything that is known of their
    /// size.
    private static func sizeClass(of record: RunRecord) -> UInt64 {
        var mixer = Mixer(seed: record.isCold ? 1 : 0)
        for feature in record.features { mixer.mix(magnitude(feature)) }
        mixer.mix(magnitude(Double(record.elements)))
        return mixer.value
    }

    private static func magnitude(_ value: Double) -> UInt64 {
        guard value.isFinite, value != 0 else { return .max }
        return UInt64(bitPattern: Int64(value.exponent))
    }
}
