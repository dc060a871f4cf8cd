// Rows that are added and removed all the time, in blocks: a table that grows moves nothing, and
// the memory of blocks in which nothing is left goes away.

/// Rows by place; places are used again.
struct BlockTable<Row: Sendable>: Sendable {
    /// Rows of a block.
    static var blockSize: Int { 512 }

    private struct Block: Sendable {
        /// None: the block is given up.
        var rows: [Row] = []
        /// Places in the block that are free, the next one last.
        var free: [UInt16] = []
    }

    private var blocks: [Block] = []
    /// Blocks that have a free place, the next one last; and others, which are skipped.
    private var open: [Int32] = []
    /// Blocks that are given up.
    private var givenUp: [Int32] = []
    /// An empty block that is kept: a lone row that comes and goes makes none each time.
    private var spare: Int?
    /// Rows in use.
    private(set) var count = 0

    /// One more than the largest place that was ever used.
    var endIndex: Int { blocks.count * Self.blockSize }

    subscript(place: Int) -> Row {
        get { blocks[place / Self.blockSize].rows[place % Self.blockSize] }
        _modify { yield &blocks[place / Self.blockSize].rows[place % Self.blockSize] }
    }

    /// Whether the block of the place is there.
    func hasBlock(of place: Int) -> Bool {
        let block = place / Self.blockSize
        return place >= 0 && block < blocks.count && !blocks[block].rows.isEmpty
    }

    /// A free place; what lies there is what was left there, or what `blank` makes for a block.
    mutating func add(blank: (_ block: Int) -> Row) -> Int {
        count += 1
        while let last = open.last {
            let block = Int(last)
            if let place = blocks[block].free.popLast() {
                if spare == block { spare = nil }
                return block * Self.blockSize + Int(place)
            }
            open.removeLast()
        }
        let block: Int
        if let again = givenUp.popLast() {
            block = Int(again)
        } else {
            block = blocks.count
            blocks.append(Block())
        }
        blocks[block].rows = Array(repeating: blank(block), count: Self.blockSize)
        blocks[block].free = (1..<UInt16(Self.blockSize)).reversed()
        open.append(Int32(block))
        return block * Self.blockSize
    }

    /// Gives a place back; answers with the rows of its block, and which it is, when that is given
    /// up.
    mutating func remove(_ place: Int) -> (block: Int, rows: [Row])? {
        let block = place / Self.blockSize
        count -= 1
        if blocks[block].free.isEmpty { open.append(Int32(block)) }
        blocks[block].free.append(UInt16(place % Self.blockSize))
        guard blocks[block].free.count == Self.blockSize else { return nil }
        guard spare != nil else {
            spare = block
            return nil
        }
        let rows = blocks[block].rows
        blocks[block] = Block()
        givenUp.append(Int32(block))
        return (block, rows)
    }
}

/// A value for some of the rows of a table; blocks without one take nothing.
struct BlockColumn<Value: Sendable>: Sendable {
    private var blocks: [[Value]] = []
    private let neutral: Value

    init(neutral: Value) { self.neutral = neutral }

    subscript(place: Int) -> Value {
        get {
            let block = place / BlockTable<Value>.blockSize
            guard block < blocks.count, !blocks[block].isEmpty else { return neutral }
            return blocks[block][place % BlockTable<Value>.blockSize]
        }
        set {
            let block = place / BlockTable<Value>.blockSize
            while blocks.count <= block { blocks.append([]) }
            if blocks[block].isEmpty {
                blocks[block] = Array(
                    repeating: neutral, count: BlockTable<Value>.blockSize)
            }
            blocks[block][place % BlockTable<Value>.blockSize] = newValue
        }
    }

    /// Forgets the values of a block.
    mutating func giveUp(_ block: Int) {
        if block < blocks.count { blocks[block] = [] }
    }
}
