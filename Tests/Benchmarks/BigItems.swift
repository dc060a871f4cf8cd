// Twenty million items sorted on two agents with 250 MB of pages each: the steps "items" and "equal
// items" of the workload "big", which need no file.

import Swoop

/// What is sorted: some 45 bytes in columns.
@Record struct BigItem {
    var key: Int
    var number: Int
    var text: String
}

@Remote func bigItem(_ number: Int) -> BigItem {
    let key = number &* 48_271 % 2_147_483_647
    return BigItem(key: key, number: number, text: "the item with the number \(key)")
}
@Remote func bigItemKey(_ item: BigItem) -> Int { item.key }
@Remote func equalKey(_ item: BigItem) -> String { "the same forty letters of every one of them" }

/// A stretch of items: whether they are in order, from which to which, how many, and what is in
/// them.
@Record struct ItemStretch {
    var first: Int
    var last: Int
    var items: Int
    var contents: Int
    var isOrdered: Bool

    static let none = ItemStretch(first: 0, last: 0, items: 0, contents: 0, isOrdered: true)
}

@Remote func keyStretch(_ item: BigItem) -> ItemStretch { itemStretch(item, item.key) }
@Remote func numberStretch(_ item: BigItem) -> ItemStretch { itemStretch(item, item.number) }

private func itemStretch(_ item: BigItem, _ place: Int) -> ItemStretch {
    ItemStretch(
        first: place, last: place, items: 1,
        contents: item.key ^ item.number &* 31 &+ item.text.utf8.count, isOrdered: true)
}

@Remote func joinedItems(_ left: ItemStretch, _ right: ItemStretch) -> ItemStretch {
    if left.items == 0 { return right }
    if right.items == 0 { return left }
    return ItemStretch(
        first: left.first, last: right.last, items: left.items + right.items,
        contents: left.contents &+ right.contents,
        isOrdered: left.isOrdered && right.isOrdered && left.last <= right.first)
}

enum BigItems {
    static let count = 20_000_000
    /// Of both agents.
    static let budget = 500_000_000

    /// Whether items are sorted as they must be: by their keys, or by keys that are all equal,
    /// which leaves them as they were.
    static func isRight(_ cluster: Cluster, byEqualKeys: Bool) async throws -> Bool {
        let sorted = try await cluster.remotely { remote in
            let items = remote.range(0..<count).map(bigItem)
            return byEqualKeys
                ? items.sorted(by: equalKey).map(numberStretch).reduce(.none, joinedItems)
                : items.sorted(by: bigItemKey).map(keyStretch).reduce(.none, joinedItems)
        }
        let all = try await sorted.value
        let contents = (0..<count).reduce(0) { sum, number in
            let key = number &* 48_271 % 2_147_483_647
            return sum &+ (key ^ number &* 31 &+ 25 + String(key).utf8.count)
        }
        return all.isOrdered && all.items == count && all.contents == contents
    }
}
