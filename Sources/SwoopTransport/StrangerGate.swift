// How many newcomers libzmq sees when strangers flood a socket. Each costs a connection of libzmq's
// and a look of the judge (about 100 µs of a core together): beyond a rate that work hardly feels,
// a part of them is refused by the system's own means (`Turnstile`).

import Glibc

/// Counts newcomers who prove nothing, and says how many of the next ones are let in.
package struct StrangerGate: Sendable {
    /// The address that a connection comes from: 16 bytes, IPv4 as ::ffff:a.b.c.d.
    package struct Source: Hashable, Sendable {
        let bytes: [UInt8]

        /// An address by its 16 bytes.
        package init(_ bytes: [UInt8]) { self.bytes = bytes }

        /// An address of IPv4.
        package init(_ number: UInt32) {
            bytes =
                [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
                + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }

        /// An address in figures; nil for other words.
        package init?(figures text: String) {
            var (four, six) = (in_addr(), in6_addr())
            // The interface of an address that is one's neighbour's only.
            let address = String(text.prefix { $0 != "%" })
            if unsafe inet_pton(AF_INET, address, &four) == 1 {
                self.init(UInt32(bigEndian: four.s_addr))
            } else if unsafe inet_pton(AF_INET6, address, &six) == 1 {
                self.init(unsafe withUnsafeBytes(of: six) { unsafe Array($0) })
            } else {
                return nil
            }
        }

        /// Whether it is this machine's own, to itself.
        var isLoopback: Bool {
            number.map { $0 >> 24 == 127 } ?? (bytes == [UInt8](repeating: 0, count: 15) + [1])
        }

        /// One of IPv4; nil for others.
        var number: UInt32? {
            let number = bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
            return self == Source(number) ? number : nil
        }
    }

    /// Of whom a part is refused.
    package struct Drawn: Equatable, Sendable {
        /// Who is drawn besides those named.
        package enum Others: Equatable, Sendable {
            /// None.
            case nobody
            /// Who is not known: see `StrangerGate.knows`.
            case unknown
            /// All.
            case everybody
        }

        /// Addresses that flood.
        package var named: [Source]
        /// Who else is drawn.
        package var others: Others
        /// Addresses that are known without a mark, where that makes a difference.
        package var spared: [Source]
    }

    /// Who is let in.
    package enum Rule: Equatable, Sendable {
        case everybody
        /// So many of 2^32 of these, by chance, and whoever else comes.
        case share(UInt32, of: Drawn)
    }

    /// So many a second may prove nothing for as long as they like. An agent host has two sockets
    /// that strangers reach: both together cost a fiftieth of a core.
    static let perSecond: Int64 = 100
    /// So many may come at once after a quiet time, and two for each key that is permitted.
    static let atOnce: Int64 = 64
    /// Addresses that a rule may name; a flood of more is one of all that are not known.
    package static let sourcesMax = 8
    /// Addresses without a mark that are known since a key was proved from there, the latest; and
    /// as many from where somebody is expected.
    package static let knownMax = 64
    private static let period: Int64 = 100_000_000
    private static let shareMost = Double(1 << 31)
    private static let shareLeast = Double(1 << 18)

    /// The rule of now.
    package private(set) var rule = Rule.everybody
    /// By what addresses of loopback those are known who have the server's key.
    let mark: LoopbackMark?
    /// From where somebody with a key is to come.
    package var expected: [Source] = []
    /// Where the latest came from who proved a key, by addresses without the mark.
    private var proved: [Source] = []
    private var newcomers = RecentNewcomers()
    private var newcomerCount = 0
    private var proofs = 0
    private var began: Int64 = 0
    /// Newcomers that may still come without proof.
    private var allowance = RateAllowance(perSecond: perSecond, atOnce: atOnce)
    /// The same of those whom the rule does not draw: friends, many at once, must not be taken for
    /// a flood from everywhere.
    private var undrawn = RateAllowance(perSecond: perSecond, atOnce: atOnce)

    /// A gate that lets everybody in.
    package init(mark: LoopbackMark? = nil) { self.mark = mark }

    /// When `turn` is due; nil: when somebody comes.
    package var deadline: Int64? { rule == .everybody ? nil : began + Self.period }

    /// Whether who comes from there is let in during a flood of others: a key was proved from
    /// there, somebody with one is expected from there, or only who has the server's public key can
    /// tell the address.
    package func knows(_ source: Source) -> Bool {
        proved.contains(source) || expected.contains(source) || mark?.isBorne(by: source) ?? false
    }

    /// Whether the rule leaves it to chance who comes in from there.
    package func draws(_ source: Source) -> Bool {
        guard case .share(_, let drawn) = rule else { return false }
        return switch drawn.others {
        case .nobody: drawn.named.contains(source)
        case .unknown: drawn.named.contains(source) || !knows(source)
        case .everybody: true
        }
    }

    /// One of the newcomers has proved a key.
    package mutating func prove(from source: Source) {
        proofs += 1
        allowance.giveBack()
        undrawn.giveBack()
        newcomers.remove(source)
        guard !(mark?.isBorne(by: source) ?? false), proved.last != source else { return }
        proved.removeAll { $0 == source }
        proved.append(source)
        if proved.count > Self.knownMax { proved.removeFirst() }
    }

    /// Somebody was let in.
    package mutating func accept(from source: Source, permitted: Int, at now: Int64) {
        if rule == .everybody, now - began >= Self.period { begin(at: now) }
        newcomerCount += 1
        newcomers.add(source)
        let most = Self.atOnce + 2 * Int64(min(permitted, 1 << 20))
        allowance.refill(upTo: most, at: now)
        allowance.take()
        if rule != .everybody, !draws(source) {
            undrawn.refill(upTo: most, at: now)
            undrawn.take()
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
            rule = .share(bounded(share), of: drawn(besides: []))
        case .share(let share, let drawn):
            // Slowly upwards: what one period finds of a small number is chance.
            let factor = min(2, max(1.0 / 8, affordable / Double(max(1, unproved))))
            let next = Double(share) * factor
            if undrawn.isOverdrawn {
                undrawn = RateAllowance(perSecond: Self.perSecond, atOnce: Self.atOnce)
                rule = .share(bounded(next), of: widened(drawn))
            } else if next > Self.shareMost {
                rule = .everybody
                allowance = RateAllowance(perSecond: Self.perSecond, atOnce: Self.atOnce / 4)
                allowance.refill(upTo: Self.atOnce / 4, at: now)
            } else {
                rule = .share(bounded(next), of: rule(of: drawn.named, drawn.others))
            }
        }
        begin(at: now)
        return rule == before ? nil : rule
    }

    private mutating func begin(at now: Int64) {
        newcomers.age(periods: (now - began) / Self.period)
        newcomerCount = 0
        proofs = 0
        began = now
    }

    private func bounded(_ share: Double) -> UInt32 {
        UInt32(min(Self.shareMost, max(Self.shareLeast, share)))
    }

    private func rule(of named: [Source], _ others: Drawn.Others) -> Drawn {
        let known = proved + expected.filter { !proved.contains($0) }
        let spared = others == .unknown ? known.filter { !named.contains($0) } : []
        return Drawn(named: named, others: others, spared: spared)
    }

    /// Those addresses and the others that make a flood; who is not known, if too many do.
    private func drawn(besides named: [Source]) -> Drawn {
        if let more = newcomers.culprits(
            upTo: Self.sourcesMax - named.count,
            { source in
                !named.contains(source)
            })
        {
            return rule(of: named + more, .nobody)
        }
        return rule(of: named.filter(knows), .unknown)
    }

    /// More than that: too many came whom it lets in.
    private func widened(_ drawn: Drawn) -> Drawn {
        switch drawn.others {
        case .nobody: return self.drawn(besides: drawn.named)
        case .unknown:
            // Somebody uses the address of a friend.
            let more = newcomers.culprits(upTo: Self.sourcesMax - drawn.named.count) { source in
                !drawn.named.contains(source) && knows(source)
            }
            return more.map { rule(of: drawn.named + $0, .unknown) } ?? rule(of: [], .everybody)
        case .everybody: return drawn
        }
    }
}

/// Who came lately and proved nothing, by where from: what was a while ago counts less.
private struct RecentNewcomers {
    private var counts: [StrangerGate.Source: Int] = [:]
    /// Those from so many places that not all are kept.
    private var elsewhere = 0
    private static let placesMax = 1_024
    /// What somebody who connects may need by accident is no flood.
    private static let least = 4

    mutating func add(_ source: StrangerGate.Source) {
        if counts.count < Self.placesMax || counts[source] != nil {
            counts[source, default: 0] += 1
        } else {
            elsewhere += 1
        }
    }

    mutating func remove(_ source: StrangerGate.Source) {
        guard let count = counts[source] else { return }
        counts[source] = count > 1 ? count - 1 : nil
    }

    mutating func age(periods: Int64) {
        guard periods < 8 else {
            self = RecentNewcomers()
            return
        }
        for _ in 0..<max(0, periods) {
            counts = counts.compactMapValues { $0 > 1 ? $0 * 3 / 4 : nil }
            elsewhere = elsewhere * 3 / 4
        }
    }

    /// The few addresses that most of those came from whom `isMeant` says; nil: there are too many.
    func culprits(
        upTo most: Int, _ isMeant: (StrangerGate.Source) -> Bool
    ) -> [StrangerGate.Source]? {
        let meant = counts.filter { isMeant($0.key) }
        let all = elsewhere + meant.values.reduce(0, +)
        // Half of what each of so many would have: what one of them has in a period is chance.
        let found = meant.filter {
            $0.value >= Self.least && $0.value * 2 * StrangerGate.sourcesMax >= all
        }
        let rest = all - found.values.reduce(0, +)
        guard !found.isEmpty, found.count <= most, rest * 4 <= all else { return nil }
        return Array(found.keys)
    }
}
