// Which of many sorted runs has the next row: a tournament of their first rows (a loser tree, Knuth
// volume 3, section 5.4.1), which takes one comparison for each doubling of their number.

/// The place of a row: a run, and a row of it.
@frozen @usableFromInline package struct RowPlace: BitwiseCopyable, Sendable {
    /// The run.
    public var run: UInt32
    /// The row, from 0 on.
    public var row: UInt32

    /// Joins the two.
    @inlinable public init(run: UInt32, row: UInt32) {
        self.run = run
        self.row = row
    }
}

/// The order in which runs take turns, given the numbers of their rows' keys.
@frozen @usableFromInline package struct RunMerge {
    /// The number of the first row that each run has left; meaningless behind its end.
    @usableFromInline var numbers: [UInt64]
    /// That row.
    @usableFromInline var next: [Int]
    @usableFromInline let counts: [Int]
    /// Runs that lost, by node; at 0 the winner.
    @usableFromInline var nodes: [Int]
    @usableFromInline let leaves: Int

    /// Merges runs of so many rows.
    ///
    /// - Parameters:
    ///   - number: the number of a row's key.
    ///   - isBefore: whether the key of one row comes before that of another whose number is the
    ///     same.
    @inlinable public init(
        counts: [Int], number: (_ run: Int, _ row: Int) throws -> UInt64,
        _ isBefore: (_ left: RowPlace, _ right: RowPlace) throws -> Bool
    ) rethrows {
        self.counts = counts
        var leaves = 1
        while leaves < counts.count { leaves *= 2 }
        self.leaves = leaves
        next = [Int](repeating: 0, count: counts.count)
        numbers = try counts.indices.map { counts[$0] > 0 ? try number($0, 0) : 0 }
        nodes = [Int](repeating: -1, count: leaves)
        var winners = [Int](repeating: -1, count: leaves * 2)
        for leaf in 0..<leaves { winners[leaves + leaf] = leaf < counts.count ? leaf : -1 }
        for node in stride(from: leaves - 1, to: 0, by: -1) {
            let left = winners[node * 2]
            let right = winners[node * 2 + 1]
            let isLeft = try wins(left, over: right, isBefore)
            winners[node] = isLeft ? left : right
            nodes[node] = isLeft ? right : left
        }
        nodes[0] = winners[1]
    }

    /// Whether the run is to be taken before the other one: equal keys in the order of the runs.
    @inlinable @inline(__always) func wins(
        _ left: Int, over right: Int, _ isBefore: (RowPlace, RowPlace) throws -> Bool
    ) rethrows -> Bool {
        guard right >= 0, next[right] < counts[right] else { return true }
        guard left >= 0, next[left] < counts[left] else { return false }
        if numbers[left] != numbers[right] { return numbers[left] < numbers[right] }
        let first = RowPlace(run: UInt32(left), row: UInt32(next[left]))
        let second = RowPlace(run: UInt32(right), row: UInt32(next[right]))
        // The lower run unless the higher one is really before it.
        if left < right { return try !isBefore(second, first) }
        return try isBefore(first, second)
    }

    /// The next row in the merged order, and takes it; nil at the end.
    @inlinable @inline(__always) public mutating func take(
        number: (_ run: Int, _ row: Int) throws -> UInt64,
        _ isBefore: (RowPlace, RowPlace) throws -> Bool
    ) rethrows -> RowPlace? {
        var winner = nodes[0]
        guard winner >= 0, next[winner] < counts[winner] else { return nil }
        let taken = RowPlace(run: UInt32(winner), row: UInt32(next[winner]))
        next[winner] += 1
        if next[winner] < counts[winner] { numbers[winner] = try number(winner, next[winner]) }
        var node = (leaves + winner) / 2
        while node > 0 {
            let other = nodes[node]
            if try !wins(winner, over: other, isBefore) {
                nodes[node] = winner
                winner = other
            }
            node /= 2
        }
        nodes[0] = winner
        return taken
    }
}
