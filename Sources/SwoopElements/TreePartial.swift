// The partial result of a reduction over some positions of a source, in such a form that merging
// the parts gives the same bits however the work was split. Leaves are fixed by the source; each is
// folded from its first element to its last; leaves combine in the binary tree over their indices.
//
// A part that begins inside a leaf cannot fold it, and keeps its raw values until the part on its
// left arrives; a part that ends inside a leaf keeps that leaf's accumulator, to be continued.

/// A part of the tree: complete nodes, and what is known of incomplete leaves, in order.
@usableFromInline package struct TreePartial<R: Reduction>: Sendable {
    @usableFromInline enum Piece: Sendable {
        /// All leaves from `index << level` on, `1 << level` of them.
        case node(level: Int, index: Int, R.Partial)
        /// The leaf's positions up to `end`, folded.
        case prefix(leaf: Int, end: Int, R.Partial)
        /// The leaf's positions from `start` to `end`, not folded.
        case raw(leaf: Int, start: Int, end: Int, [R.Raw])

        /// The leaf and the position in it at which this piece begins.
        @inlinable var start: (leaf: Int, position: Int) {
            switch self {
            case .node(let level, let index, _): (index << level, 0)
            case .prefix(let leaf, _, _): (leaf, 0)
            case .raw(let leaf, let start, _, _): (leaf, start)
            }
        }

        /// Where the piece after this one begins.
        @inlinable func end(_ leafWidth: Int) -> (leaf: Int, position: Int) {
            switch self {
            case .node(let level, let index, _): ((index + 1) << level, 0)
            case .prefix(let leaf, let end, _), .raw(let leaf, _, let end, _):
                end == leafWidth ? (leaf + 1, 0) : (leaf, end)
            }
        }
    }

    /// The number of positions of a leaf.
    public let leafWidth: Int
    /// Ordered, without overlap, and merged as far as they go.
    @usableFromInline var pieces: [Piece] = []

    /// The result over no positions.
    @inlinable public init(leafWidth: Int) { self.leafWidth = leafWidth }

    /// Adds a part that covers other positions; any order of merging gives the same bits.
    @inlinable public mutating func merge(
        _ other: TreePartial, by reduction: R
    ) throws {
        guard leafWidth == other.leafWidth else { throw ReductionError.otherLeafWidth }
        let all = pieces + other.pieces
        pieces = []
        for piece in all.sorted(by: { $0.start < $1.start }) { try append(piece, by: reduction) }
    }

    /// The answer, once everything from position 0 on is there.
    @inlinable public consuming func finish(by reduction: R) throws -> R.Answer {
        try reduction.answer(try whole(by: reduction))
    }

    /// The result of everything: a last, incomplete leaf counts as it is, and the nodes that have
    /// no sibling combine from the right.
    @inlinable consuming func whole(by reduction: R) throws -> R.Partial {
        var expected = (leaf: 0, position: 0)
        var nodes: [R.Partial] = []
        for (index, piece) in pieces.enumerated() {
            guard piece.start == expected else { throw ReductionError.gap }
            expected = piece.end(leafWidth)
            switch piece {
            case .node(_, _, let partial): nodes.append(partial)
            case .prefix(_, _, let partial) where index == pieces.count - 1: nodes.append(partial)
            case .prefix, .raw: throw ReductionError.gap
            }
        }
        guard var result = nodes.popLast() else { return reduction.identity }
        while var left = nodes.popLast() {
            try reduction.combine(result, into: &left)
            result = left
        }
        return result
    }

    /// Adds the piece that follows, merging it with what it completes.
    @inlinable mutating func append(_ piece: Piece, by reduction: R) throws {
        if let last = pieces.last, piece.start < last.end(leafWidth) {
            throw ReductionError.overlap
        }
        switch piece {
        case .node(let level, let index, let partial):
            try appendNode(level, index, partial, by: reduction)
        case .prefix(let leaf, let end, let partial):
            try appendPrefix(leaf, end, partial, by: reduction)
        case .raw(let leaf, let start, let end, let values):
            if start == 0 {
                var partial = reduction.identity
                for value in values { try reduction.fold(value, into: &partial) }
                try appendPrefix(leaf, end, partial, by: reduction)
            } else if case .prefix(leaf, start, var partial) = pieces.last {
                pieces.removeLast()
                for value in values { try reduction.fold(value, into: &partial) }
                try appendPrefix(leaf, end, partial, by: reduction)
            } else if case .raw(leaf, let first, start, let before) = pieces.last {
                pieces[pieces.count - 1] = .raw(leaf: leaf, start: first, end: end, before + values)
            } else {
                pieces.append(piece)
            }
        }
    }

    @inlinable mutating func appendPrefix(
        _ leaf: Int, _ end: Int, _ partial: R.Partial, by reduction: R
    ) throws {
        if end == leafWidth {
            try appendNode(0, leaf, partial, by: reduction)
        } else {
            pieces.append(.prefix(leaf: leaf, end: end, partial))
        }
    }

    @inlinable mutating func appendNode(
        _ level: Int, _ index: Int, _ partial: R.Partial, by reduction: R
    ) throws {
        var level = level
        var index = index
        var partial = partial
        while index % 2 == 1, case .node(level, index - 1, var left) = pieces.last {
            pieces.removeLast()
            try reduction.combine(partial, into: &left)
            (level, index, partial) = (level + 1, index / 2, left)
        }
        pieces.append(.node(level: level, index: index, partial))
    }
}

extension TreePartial: RemoteValue {
    /// The leaf width and the count of pieces.
    @inlinable public static var _byteCountMin: Int { 16 }

    /// Appends the pieces in order.
    @inlinable public func encode(into writer: inout ValueWriter) {
        writer.write(leafWidth)
        writer.write(count: pieces.count)
        for piece in pieces {
            switch piece {
            case .node(let level, let index, let partial):
                writer.write(UInt8(0))
                writer.write(level)
                writer.write(index)
                partial.encode(into: &writer)
            case .prefix(let leaf, let end, let partial):
                writer.write(UInt8(1))
                writer.write(leaf)
                writer.write(end)
                partial.encode(into: &writer)
            case .raw(let leaf, let start, let end, let values):
                writer.write(UInt8(2))
                writer.write(leaf)
                writer.write(start)
                writer.write(end)
                values.encode(into: &writer)
            }
        }
    }

    /// Reads pieces; refuses pieces out of order or out of their leaf.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let width = try reader.read(Int.self)
        guard width > 0 else { throw .malformed("leaf width") }
        self.init(leafWidth: width)
        let count = try reader.readCount(byteCountMin: 18)
        for _ in 0..<count {
            let piece = try Self.decodePiece(&reader, width)
            if let last = pieces.last, piece.start < last.end(width) { throw .malformed("order") }
            pieces.append(piece)
        }
    }

    @inlinable static func decodePiece(
        _ reader: inout ValueReader, _ width: Int
    ) throws(ValueDecodingError) -> Piece {
        let kind = try reader.read(UInt8.self)
        let first = try reader.read(Int.self)
        let second = try reader.read(Int.self)
        guard first >= 0, second >= 0 else { throw .malformed("piece") }
        switch kind {
        case 0:
            guard first < 48, second < 1 << (48 - first) else { throw .malformed("node") }
            return .node(level: first, index: second, try R.Partial(decoding: &reader))
        case 1:
            guard first < 1 << 48, second <= width else { throw .malformed("prefix") }
            return .prefix(leaf: first, end: second, try R.Partial(decoding: &reader))
        case 2:
            let end = try reader.read(Int.self)
            guard first < 1 << 48, second < end, end <= width else { throw .malformed("raw") }
            return .raw(leaf: first, start: second, end: end, try [R.Raw](decoding: &reader))
        default:
            throw .malformed("piece")
        }
    }
}
