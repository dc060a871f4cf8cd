// How many newcomers libzmq sees when strangers flood a socket. Each costs a connection of libzmq's
// and a look of the judge (about 100 µs of a core together): beyond a rate that work hardly feels,
// a part of them is refused by the system's own means (`Turnstile`).

/// Counts newcomers who prove nothing, and says how many of the next ones are let in.
package struct StrangerGate: Sendable {
    /// The address that a connection comes from: 16 bytes, IPv4 as ::ffff:a.b.c.d.
    package struct Source: Hashable, Sendable {
        let bytes: [UInt8]

        /// An address by its 16 bytes.
        package init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    /// Who is let in.
    package enum Rule: Equatable, Sendable {
        case everybody
        /// Of these addresses (none: of all) so many of 2^32, by chance, and whoever comes from
        /// elsewhere.
        case share(UInt32, of: [Source])
    }

    /// So many a second may prove nothing for as long as they like. An agent host has two sockets
    /// that strangers reach: both together cost a fiftieth of a core.
    static let perSecond: Int64 = 100
    /// So many may come at once after a quiet time, and two for each key that is permitted.
    static let atOnce: Int64 = 64
    /// Addresses that a rule may name; a flood of more is one of all.
    static let sourcesMax = 8
    private static let period: Int64 = 100_000_000
    private static let shareMost = Double(1 << 31)
    private static let shareLeast = Double(1 << 18)

    /// The rule of now.
    package private(set) var rule = Rule.everybody
    /// Who came in this period, by where from.
    private var newcomers: [Source: Int] = [:]
    private var newcomerCount = 0
    private var proofs = 0
    private var began: Int64 = 0
    /// Newcomers that may still come without proof.
    private var allowance = RateAllowance(perSecond: perSecond, atOnce: atOnce)
    /// The same of those who come from elsewhere than the addresses of the rule: friends, many at
    /// once, must not be taken for a flood from everywhere.
    private var others = RateAllowance(perSecond: perSecond, atOnce: atOnce)

    /// A gate that lets everybody in.
    package init() {}

    /// When `turn` is due; nil: when somebody comes.
    package var deadline: Int64? { rule == .everybody ? nil : began + Self.period }

    /// One of the newcomers has proved a key.
    package mutating func prove() {
        proofs += 1
        allowance.giveBack()
        others.giveBack()
    }

    /// Somebody was let in.
    package mutating func accept(from source: Source, permitted: Int, at now: Int64) {
        if rule == .everybody, now - began >= Self.period { begin(at: now) }
        newcomerCount += 1
        if newcomers.count < 1_024 || newcomers[source] != nil {
            newcomers[source, default: 0] += 1
        }
        let most = Self.atOnce + 2 * Int64(min(permitted, 1 << 20))
        allowance.refill(upTo: most, at: now)
        allowance.take()
        if case .share(_, let sources) = rule, !sources.isEmpty, !sources.contains(source) {
            others.refill(upTo: most, at: now)
            others.take()
        }
    }

    /// The rule from now on, if it is another one.
    package mutating func turn(at now: Int64) -> Rule? {
        let isFlooded = rule == .everybody && allowance.isOverdrawn
        guard isFlooded || deadline.map({ now >= $0 }) ?? false else { return nil }
        let before = rule
        let unproved = max(0, newcomerCount - proofs)
        let affordable = Double(Self.perSecond) * Double(max(1, now - began)) / 1e9
        switch rule {
        case .everybody:
            let share = affordable / Double(max(1, unproved)) * Double(1 << 32)
            rule = .share(bounded(share), of: culprits(besides: []))
        case .share(let share, let sources):
            // Slowly upwards: what one period finds of a small number is chance.
            let factor = min(2, max(1.0 / 8, affordable / Double(max(1, unproved))))
            let next = Double(share) * factor
            if !sources.isEmpty, others.isOverdrawn {
                others = RateAllowance(perSecond: Self.perSecond, atOnce: Self.atOnce)
                rule = .share(bounded(next), of: culprits(besides: sources))
            } else if next > Self.shareMost {
                rule = .everybody
                allowance = RateAllowance(perSecond: Self.perSecond, atOnce: Self.atOnce / 4)
                allowance.refill(upTo: Self.atOnce / 4, at: now)
            } else {
                rule = .share(bounded(next), of: sources)
            }
        }
        begin(at: now)
        return rule == before ? nil : rule
    }

    private mutating func begin(at now: Int64) {
        newcomers.removeAll(keepingCapacity: true)
        newcomerCount = 0
        proofs = 0
        began = now
    }

    private func bounded(_ share: Double) -> UInt32 {
        UInt32(min(Self.shareMost, max(Self.shareLeast, share)))
    }

    private func newcomerCount(except sources: [Source]) -> Int {
        newcomerCount - sources.reduce(0) { $0 + (newcomers[$1] ?? 0) }
    }

    /// The addresses that make a flood, with those known already; none: too many do.
    private func culprits(besides known: [Source]) -> [Source] {
        // Half of what each of so many would have: what one of them has in a period is chance.
        let most = newcomers.filter {
            !known.contains($0.key) && $0.value * 2 * Self.sourcesMax >= newcomerCount
        }
        let all = known + most.keys
        guard all.count <= Self.sourcesMax, newcomerCount(except: all) * 4 <= newcomerCount else {
            return []
        }
        return all
    }
}
