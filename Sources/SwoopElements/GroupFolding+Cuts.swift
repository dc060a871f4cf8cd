// Groups that one table has no room for, divided by key: a sample of the keys of every part of the
// source says where to cut, each part writes what it has of every stretch of the keys, and the
// stretches are joined by themselves, each as in GroupFolding+Parts.swift.

extension _GroupKeys where Self: ~Copyable {
    /// Appends some of the keys, at most so many, as evenly spread as they stand in order.
    @inlinable public func encodeSample(_ count: Int, into writer: inout ValueWriter) {
        let order = numbersInOrder()
        let step = Swift.max(1, (order.count + count - 1) / Swift.max(1, count))
        for place in stride(from: step / 2, to: order.count, by: step) {
            encodeKey(order[place], into: &writer)
        }
    }

    /// Of sampled keys, appends those at which to cut all keys into stretches that samples meet
    /// about equally often: fewer than `stretches`, in order.
    @inlinable public static func encodeCuts(
        of samples: inout ValueReader, stretches: Int, into writer: inout ValueWriter
    ) throws(ValueDecodingError) {
        var keys = Self()
        // How often each key was met: a key of many parts costs as many steps where it is joined.
        var counts: [Int] = []
        var all = 0
        while !samples.isAtEnd {
            let number = try keys.takeKey(from: &samples)
            if number == counts.count { counts.append(0) }
            counts[number] += 1
            all += 1
        }
        var before = 0
        var made = 1
        for number in keys.numbersInOrder() {
            // Where the key would end nearer to a whole number of stretches if it began one.
            let middle = before * 2 + counts[number]
            if before > 0, made < stretches, middle * stretches >= 2 * all * made {
                keys.encodeKey(number, into: &writer)
                made = Swift.max(made + 1, before * stretches / all + 1)
            }
            before += counts[number]
        }
    }
}

extension _GroupFolding where Keys: ~Copyable {
    /// Writes the groups as the pages of one output: one for each stretch of keys.
    ///
    /// - Parameters:
    ///   - cuts: keys as `encodeCuts` wrote them.
    ///   - stretches: how many stretches there are at most; those behind the last cut are empty.
    @inlinable public mutating func emit(
        cutAt cuts: inout ValueReader, stretches: Int, to host: any _CallHost
    ) throws {
        try close()
        let parts = try divided(at: &cuts, stretches: stretches)
        var places = [Int32](repeating: -1, count: keys.count)
        var writer = ValueWriter()
        var sizes: [_PageSize] = []
        for part in parts {
            for (place, number) in part.numbers.enumerated() { places[number] = Int32(place) }
            let start = writer.byteCount
            encode(part, places, into: &writer)
            while writer.byteCount % 64 != 0 { writer.write(UInt8(0)) }
            // What has no elements is not read; which positions it covers must be.
            sizes.append(
                _PageSize(
                    byteCount: writer.byteCount - start, count: Swift.max(1, part.numbers.count)))
        }
        unsafe try host.pageRegion(parts: sizes).copyBytes(from: writer.bytes)
    }

    /// What each stretch has of the groups, of elements that are kept and of the last leaf.
    @inlinable mutating func divided(
        at cuts: inout ValueReader, stretches: Int
    ) throws -> [Part] {
        let own = keys.count
        var begins: Set<Int> = []
        while !cuts.isAtEnd { begins.insert(try keys.takeKey(from: &cuts)) }
        guard begins.count < stretches else { throw ValueDecodingError.malformed("cuts of keys") }
        var parts = [Part](repeating: Part(), count: stretches)
        var stretchOf = [Int32](repeating: 0, count: keys.count)
        var stretch = 0
        for number in keys.numbersInOrder() {
            if begins.contains(number) { stretch += 1 }
            stretchOf[number] = Int32(stretch)
            // Keys that only the cuts have are no groups.
            if number < own { parts[stretch].numbers.append(number) }
        }
        for index in rawNumbers.indices {
            parts[Int(stretchOf[Int(rawNumbers[index])])].raws.append(index)
        }
        for number in touched { parts[Int(stretchOf[Int(number)])].open.append(number) }
        return parts
    }
}
