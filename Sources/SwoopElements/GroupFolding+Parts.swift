// Groups as they travel: a part says which positions it covers, its keys, what it has of each key
// by leaf, and at its ends what belongs to leaves that others have too. Parts that lie side by side
// join in any order of arrival; a part of some keys only joins with parts of the same keys, so that
// groups larger than one table can be divided by key.

extension GroupPlace {
    @inlinable func encode(into writer: inout ValueWriter) {
        writer.write(leaf)
        writer.write(offset)
    }

    @inlinable init(
        decoding reader: inout ValueReader, leafWidth: Int
    ) throws(ValueDecodingError) {
        leaf = try reader.read(Int.self)
        offset = try reader.read(Int.self)
        guard leaf >= 0, leaf < 1 << 48, offset >= 0, offset < leafWidth else {
            throw .malformed("place")
        }
    }
}

extension _GroupFolding where Keys: ~Copyable {
    /// What stands in front of a part.
    @usableFromInline struct Head {
        @usableFromInline let leafWidth: Int
        @usableFromInline let start: GroupPlace
        @usableFromInline let rawEnd: GroupPlace
        @usableFromInline let end: GroupPlace

        @inlinable init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
            leafWidth = try reader.read(Int.self)
            guard leafWidth > 0 else { throw .malformed("leaf width") }
            start = try GroupPlace(decoding: &reader, leafWidth: leafWidth)
            rawEnd = try GroupPlace(decoding: &reader, leafWidth: leafWidth)
            end = try GroupPlace(decoding: &reader, leafWidth: leafWidth)
            guard start <= rawEnd, rawEnd <= end else { throw .malformed("places") }
        }
    }

    /// The first leaf of which everything is known.
    @inlinable var low: Int { start.offset == 0 ? start.leaf : start.leaf + 1 }

    // MARK: Writing

    /// Appends the groups as one part.
    ///
    /// - Parameter numbers: the groups to write; nil: all. Each of several parts of the same
    ///   positions may hold other keys, such as those of one range in `keys.numbersInOrder()`:
    ///   parts of the same keys are then joined by themselves, and their answers stand side by
    ///   side.
    @inlinable public mutating func encode(
        into writer: inout ValueWriter, _ numbers: [Int]? = nil
    ) throws {
        try close()
        let chosen = numbers ?? Array(0..<keys.count)
        var places = [Int32](repeating: -1, count: keys.count)
        for (place, number) in chosen.enumerated() { places[number] = Int32(place) }
        let part = Part(
            numbers: chosen, raws: rawNumbers.indices.filter { places[Int(rawNumbers[$0])] >= 0 },
            open: touched.filter { places[Int($0)] >= 0 })
        encode(part, places, into: &writer)
    }

    /// What a part holds: groups, kept elements of theirs, and those that the last leaf has.
    @usableFromInline struct Part {
        @usableFromInline var numbers: [Int] = []
        /// Indices in `rawNumbers`.
        @usableFromInline var raws: [Int] = []
        @usableFromInline var open: [UInt32] = []

        @inlinable init(numbers: [Int] = [], raws: [Int] = [], open: [UInt32] = []) {
            self.numbers = numbers
            self.raws = raws
            self.open = open
        }
    }

    /// Appends a part behind its size.
    ///
    /// - Parameter places: of each number, its place among the part's.
    @inlinable func encode(_ chosen: Part, _ places: [Int32], into writer: inout ValueWriter) {
        var part = ValueWriter()
        part.write(leafWidth)
        for place in [start, rawEnd, end] { place.encode(into: &part) }
        part.write(count: chosen.numbers.count)
        for number in chosen.numbers { keys.encodeKey(number, into: &part) }
        part.write(count: chosen.raws.count)
        for index in chosen.raws {
            part.write(UInt32(places[Int(rawNumbers[index])]))
            rawValues[index].encode(into: &part)
        }
        for number in chosen.numbers { stacks.encode(number, into: &part) }
        part.write(count: chosen.open.count)
        for number in chosen.open {
            part.write(UInt32(places[Int(number)]))
            partial(Int(number)).encode(into: &part)
        }
        writer.write(count: part.byteCount)
        writer.write(contentsOf: part.bytes)
    }

    /// Puts everything that is complete onto the stacks.
    @inlinable mutating func close() throws {
        if Inner._isExact {
            if !touched.isEmpty { try flush(end.leaf) }
        } else {
            try stacks.settle(from: low, to: end.leaf, by: inner)
        }
    }

    // MARK: Joining

    /// Joins encoded parts, in whatever order they come, and hands on what lies side by side.
    ///
    /// - Parameter body: called once if no positions are missing between the parts, else with each
    ///   stretch from left to right; not at all if there are no parts.
    @inlinable public static func join(
        _ reader: inout ValueReader, by inner: Inner,
        _ body: (inout _GroupFolding<Keys, Inner>) throws -> Void
    ) throws {
        var readers: [ValueReader] = []
        while !reader.isAtEnd {
            let count = try reader.readCount()
            readers.append(unsafe ValueReader(try reader.readBytes(count)))
        }
        try join(readers, by: inner, body)
    }

    /// Joins encoded parts, each behind its size at the beginning of a page.
    @inlinable public static func join(
        pages: [_InputPage], by inner: Inner,
        _ body: (inout _GroupFolding<Keys, Inner>) throws -> Void
    ) throws {
        let readers = try pages.map { page in
            var reader = unsafe ValueReader(page.bytes)
            let count = try reader.readCount()
            return unsafe ValueReader(try reader.readBytes(count))
        }
        try join(readers, by: inner, body)
    }

    @inlinable static func join(
        _ readers: [ValueReader], by inner: Inner,
        _ body: (inout _GroupFolding<Keys, Inner>) throws -> Void
    ) throws {
        var parts: [(head: Head, reader: ValueReader)] = []
        for var reader in readers { parts.append((try Head(decoding: &reader), reader)) }
        parts.sort { ($0.head.start, $0.head.end) < ($1.head.start, $1.head.end) }
        var index = 0
        while index < parts.count {
            let first = parts[index].head
            var folding = _GroupFolding(inner, leafWidth: first.leafWidth, at: first.start)
            repeat {
                try folding.absorb(parts[index].head, &parts[index].reader)
                index += 1
            } while index < parts.count && parts[index].head.start == folding.end
            if index < parts.count, parts[index].head.start < folding.end {
                throw ReductionError.overlap
            }
            try body(&folding)
        }
    }

    /// Adds the part that begins where this one ends.
    @inlinable mutating func absorb(_ head: Head, _ reader: inout ValueReader) throws {
        guard head.leafWidth == leafWidth else { throw ReductionError.otherLeafWidth }
        let count = try reader.readCount(byteCountMin: 1)
        var numbers: [Int] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try keys.takeKey(from: &reader)) }
        func number(_ reader: inout ValueReader) throws(ValueDecodingError) -> Int {
            let place = try reader.read(UInt32.self)
            guard place < count else { throw .malformed("number of a group") }
            return numbers[Int(place)]
        }
        for _ in 0..<(try reader.readCount(byteCountMin: 5)) {
            let number = try number(&reader)
            let raw = try Inner.Raw(decoding: &reader)
            if isFolding { try fold(number, raw: raw) } else { keep(number, raw) }
        }
        try advance(to: head.rawEnd)
        if head.end > head.rawEnd { isFolding = true }
        stacks.grow(to: keys.count)
        for number in numbers { try absorbEntries(number, head, &reader) }
        for _ in 0..<(try reader.readCount(byteCountMin: 5)) {
            let number = try number(&reader)
            begin(number, with: try Inner.Partial(decoding: &reader))
        }
        try reader.finish()
        end = max(end, head.end)
    }

    @inlinable mutating func absorbEntries(
        _ number: Int, _ head: Head, _ reader: inout ValueReader
    ) throws {
        var least = Inner._isExact || head.start.offset == 0 ? head.start.leaf : head.start.leaf + 1
        for _ in 0..<(try reader.read(UInt32.self)) {
            let leaf = try reader.read(Int.self)
            guard leaf >= least, leaf <= head.end.leaf else {
                throw ValueDecodingError.malformed("leaf of a group")
            }
            least = leaf + 1
            let partial = try Inner.Partial(decoding: &reader)
            try stacks.push(partial, of: number, leaf: leaf, from: low, by: inner)
        }
    }

    // MARK: The answer

    /// Calls `body` with each key and its answer, in the order of the keys; for use at the end.
    ///
    /// - Throws: `ReductionError.gap` unless everything from position 0 on is there.
    @inlinable public mutating func answers(_ body: (Keys._Stored, Inner.Answer) throws -> Void)
        throws
    {
        guard start.leaf == 0, start.offset == 0 else { throw ReductionError.gap }
        // A last, incomplete leaf counts as it is.
        if !touched.isEmpty { try flush(end.leaf) }
        for number in keys.numbersInOrder() {
            guard let partial = try stacks.take(number, by: inner) else { continue }
            try body(keys.stored(number), try inner.answer(partial))
        }
    }
}
