// Sorts of more than two agents have memory for: the order, the contents and what keeps its place
// are checked where the elements are, since they are not to come here.

import Swoop

/// Something with a number, a text and parts of its own.
@Record struct Item {
    var key: Int
    var number: Int
    var text: String
    var pieces: [ItemPiece]
}

@Record struct ItemPiece {
    var name: String
    var sizes: [Int]
}

/// Elements one after the other: whether they are in order, from which to which, how many, and the
/// sum of what is in them.
@Record struct ItemStretch {
    var first: String
    var firstNumber: Int
    var last: String
    var lastNumber: Int
    var items: Int
    var contents: Int
    var isOrdered: Bool

    static let none = ItemStretch(
        first: "", firstNumber: 0, last: "", lastNumber: 0, items: 0, contents: 0, isOrdered: true)
}

@Remote func item(_ number: Int) -> Item {
    let key = number &* 48_271 % 2_147_483_647
    return Item(
        key: key, number: number, text: "item \(key)",
        pieces: (0..<number % 3).map { ItemPiece(name: "piece \($0)", sizes: [number, $0]) })
}

@Remote func itemKey(_ item: Item) -> Int { item.key }
@Remote func sameKey(_ item: Item) -> Int { 7 }
@Remote func lateKey(_ item: Item) -> String {
    "all of these begin with the same fifty letters and more \(padded(item.key))"
}
@Remote func rareKey(_ item: Item) -> Int { item.number % 100 == 0 ? item.key : -1 }

@Remote func keyStretch(_ item: Item) -> ItemStretch { stretch(item, padded(item.key)) }
@Remote func sameStretch(_ item: Item) -> ItemStretch { stretch(item, "") }
@Remote func rareStretch(_ item: Item) -> ItemStretch {
    stretch(item, item.number % 100 == 0 ? padded(item.key) : "")
}

private func stretch(_ item: Item, _ key: String) -> ItemStretch {
    ItemStretch(
        first: key, firstNumber: item.number, last: key, lastNumber: item.number, items: 1,
        contents: contents(of: item), isOrdered: true)
}

/// A number that says what is in an item.
private func contents(of item: Item) -> Int {
    item.pieces.reduce(item.key ^ item.number &* 31 &+ item.text.utf8.count) { sum, piece in
        sum &* 17 &+ piece.name.utf8.count &+ piece.sizes.reduce(0, &+)
    }
}

/// Ten digits, so that texts have the order of their numbers.
private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
}

@Remote func oneStretch(_ left: ItemStretch, _ right: ItemStretch) -> ItemStretch {
    if left.items == 0 { return right }
    if right.items == 0 { return left }
    // Equal keys in the order of the source.
    let meet =
        left.last < right.first || left.last == right.first && left.lastNumber < right.firstNumber
    return ItemStretch(
        first: left.first, firstNumber: left.firstNumber, last: right.last,
        lastNumber: right.lastNumber, items: left.items + right.items,
        contents: left.contents &+ right.contents,
        isOrdered: left.isOrdered && right.isOrdered && meet)
}

/// Sorts of so many items on two agents with so many bytes of pages each:
/// `large-sorts COUNT BYTES`.
func tellLargeSorts(_ arguments: [String]) async throws {
    guard arguments.count == 2, let count = Int(arguments[0]), let budget = Int(arguments[1])
    else { return tell("usage", "large-sorts COUNT BYTES") }
    let expected = (0..<count).reduce(0) { $0 &+ contents(of: item($1)) }
    func isRight(_ stretch: ItemStretch) -> Bool {
        stretch.isOrdered && stretch.items == count && stretch.contents == expected
    }
    try await withAgents(2, pageBudget: budget) { cluster, _ in
        await tell("by a number") {
            let sorted = try await cluster.remotely { remote in
                remote.range(0..<count).map(item).sorted(by: itemKey).map(keyStretch)
                    .reduce(ItemStretch.none, oneStretch)
            }
            return isRight(try await sorted.value)
        }
        await tell("all keys equal") {
            let sorted = try await cluster.remotely { remote in
                remote.range(0..<count).map(item).sorted(by: sameKey).map(sameStretch)
                    .reduce(ItemStretch.none, oneStretch)
            }
            return isRight(try await sorted.value)
        }
        await tell("nearly all keys equal") {
            let sorted = try await cluster.remotely { remote in
                remote.range(0..<count).map(item).sorted(by: rareKey).map(rareStretch)
                    .reduce(ItemStretch.none, oneStretch)
            }
            return isRight(try await sorted.value)
        }
        await tell("long common beginnings") {
            let sorted = try await cluster.remotely { remote in
                remote.range(0..<count).map(item).sorted(by: lateKey).map(keyStretch)
                    .reduce(ItemStretch.none, oneStretch)
            }
            return isRight(try await sorted.value)
        }
        await tell("nothing and one") {
            let (none, one) = try await cluster.remotely { remote in
                (
                    remote.range(0..<0).map(item).sorted(by: itemKey).map(keyStretch)
                        .reduce(ItemStretch.none, oneStretch),
                    remote.range(5..<6).map(item).sorted(by: itemKey).map(keyStretch)
                        .reduce(ItemStretch.none, oneStretch)
                )
            }
            let found = try await (none.value.items, one.value.firstNumber)
            return found == (0, 5)
        }
        await tell("stored, and beyond memory") {
            let sorted = try await cluster.remotely { remote in
                remote.range(0..<count).map(item).sorted(by: itemKey).stored()
            }
            try await sorted.wait()
            let stretch = try await cluster.remotely { _ in
                sorted.chain.map(keyStretch).reduce(ItemStretch.none, oneStretch)
            }
            guard isRight(try await stretch.value) else { return false }
            // All of it is held, and more than there is memory for.
            for try await usage in cluster.usage where usage.nodes.count == 2 {
                let pages = try await cluster.remotely { _ in sorted.chain.map(itemBytes).sum }
                let bytes = try await pages.value
                return bytes > 2 * budget
                    && usage.nodes.allSatisfy { $0.residentBytes <= Int64(budget) }
            }
            return false
        }
    }
}

/// Bytes of an item in columns, at least.
@Remote func itemBytes(_ item: Item) -> Int {
    16 + item.text.utf8.count
        + item.pieces.reduce(0) { $0 + $1.name.utf8.count + $1.sizes.count * 8 }
}

// MARK: Groups

/// Lines are a name and a number.
@Remote func lineName(_ line: TextSlice) -> TextSlice { line.prefix(upTo: 32) }
@Remote func lineThird(_ line: TextSlice) -> Double { Double(line.byteCount * 7 % 101) / 3 }
@Remote func halfOf(_ number: Int) -> Int { number &* 48_271 % 2_147_483_647 / 2 }
@Remote func halfText(_ number: Int) -> String { "number \(number % 50_021 &* 7_919)" }
@Remote func thirdOf(_ number: Int) -> Double { Double(number % 10_007) / 3 }
@Remote func parity(_ number: Int) -> Int { number % 2 }

extension TextSlice {
    /// What stands before the first such byte; all of it if there is none.
    fileprivate func prefix(upTo byte: UInt8) -> TextSlice {
        self[0..<(firstIndex(of: byte) ?? byteCount)]
    }
}

/// Groups on two agents with so many bytes of pages, of so many numbers and of a file of lines,
/// each beside the same with memory for one table: `large-groups COUNT BYTES FILE`.
func tellLargeGroups(_ arguments: [String]) async throws {
    guard arguments.count == 3, let count = Int(arguments[0]), let budget = Int(arguments[1])
    else { return tell("usage", "large-groups COUNT BYTES FILE") }
    let file = arguments[2]
    let (whole, wholeTasks) = try await groups(count, file, budget: 512 << 20)
    let (divided, dividedTasks) = try await groups(count, file, budget: budget)
    for (name, groups) in whole { tell(name, groups == divided[name] && !groups.isEmpty) }
    tell("divided", dividedTasks > 2 * wholeTasks)
}

/// Keys with the bits of their answers, in the order in which they came, and the number of tasks
/// that all of them took.
private func groups(
    _ count: Int, _ file: String, budget: Int
) async throws -> ([String: [String]], tasks: UInt64) {
    var all: [String: [String]] = [:]
    var tasks: UInt64 = 0
    try await withAgents(2, pageBudget: budget) { cluster, _ in
        func take<Key: PageElement>(
            _ name: String, _ groups: ProxyArray<Pair<Key, Pair<Int, Double>>>
        ) async throws {
            all[name] = try await groups.collect().map { group in
                "\(group.first) \(group.second.first) \(group.second.second.bitPattern)"
            }
        }
        try await take(
            "numbers",
            cluster.remotely { remote in
                remote.range(0..<count).grouped(
                    by: halfOf, .both(.counting(), .summing(of: thirdOf)))
            })
        try await take(
            "texts",
            cluster.remotely { remote in
                remote.range(0..<count).grouped(
                    by: halfText, .both(.counting(), .summing(of: thirdOf)))
            })
        try await take(
            "few",
            cluster.remotely { remote in
                remote.range(0..<count).grouped(
                    by: parity, .both(.counting(), .summing(of: thirdOf)))
            })
        try await take(
            "lines",
            cluster.remotely { remote in
                remote.lines(file).grouped(
                    by: lineName, .both(.counting(), .summing(of: lineThird)))
            })
        for try await usage in cluster.usage {
            tasks = usage.progress.total
            break
        }
    }
    return (all, tasks)
}
