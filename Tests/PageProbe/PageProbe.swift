// One end of a transfer of pages between two processes: as agents do it, or as ZeroMQ does it by
// itself. For figures between two network namespaces.
//
//     PageProbe keys                                  two lines: secret key, public key
//     PageProbe give ADDRESS BYTES                    says `ENDPOINT`, gives pages until killed
//     PageProbe fetch ENDPOINT BYTES PAGES            fetches as many pages, says `nanoseconds=…`
//     PageProbe bare-give ADDRESS BYTES MESSAGES [curve]
//     PageProbe bare-fetch ENDPOINT BYTES MESSAGES [curve]
//     PageProbe flood ENDPOINT SERVERKEY PER-SECOND SECONDS
//
// Its own secret key is in PROBE_SECRET, the other's public key in PROBE_PEER.

import Glibc
import SwoopAgent
import SwoopModel
import SwoopStorage
import SwoopTransport

@main struct PageProbe {
    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard let mode = words.first else { return complain("no mode") }
        let numbers = words.dropFirst(2).compactMap { Int($0) }
        switch (mode, words.count) {
        case ("keys", _):
            let keys = try CurveKeys.generate()
            let secret = keys.secretKey.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
            print(secret, keys.publicKey, separator: "\n")
        case ("give", 3...):
            try give(on: words[1], bytes: numbers[0])
        case ("fetch", 4...):
            try fetch(from: words[1], bytes: numbers[0], pages: numbers[1])
        case ("bare-give", 4...):
            try BareTransfer(isEncrypted: words.last == "curve")
                .give(on: words[1], bytes: numbers[0], messages: numbers[1])
        case ("bare-fetch", 4...):
            try BareTransfer(isEncrypted: words.last == "curve")
                .fetch(from: words[1], bytes: numbers[0], messages: numbers[1])
        case ("flood", 5...):
            try StrangerFlood.run(
                endpoint: words[1], key: words[2], perSecond: numbers[0], seconds: numbers[1])
        default: complain("no such mode: \(words)")
        }
    }

    static func variable(_ name: String) -> String {
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }

    static func complain(_ text: String) {
        print("PageProbe: \(text)")
        exit(64)
    }

    /// Says a line at once.
    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static let giver = NodeID(1)
    private static let fetcher = NodeID(2)

    private static var pace: PageExchange.Pace {
        var pace = PageExchange.Pace()
        if let bytes = Int(variable("PROBE_RANGE")) { pace.rangeBytes = bytes }
        if let window = Int(variable("PROBE_WINDOW")) { pace.window = window }
        return pace
    }

    private static func give(on address: String, bytes: Int) throws {
        let keys = try CurveKeys(secretKey: Secret(copying: variable("PROBE_SECRET")))
        let exchange = try PageExchange(keys: keys, listening: [address], pace: pace)
        let arena = try Arena(budget: bytes + (64 << 20))
        let extent = try arena.allocate(bytes: bytes)
        let memory = unsafe arena.mutablePointer(to: extent, count: bytes)
        for place in stride(from: 0, to: bytes, by: 512) {
            unsafe memory[place] = UInt8(truncatingIfNeeded: place / 512)
        }
        let page = PageExtent(
            offset: Int64(extent.offset), byteCount: Int64(bytes), elementCount: 1)
        var poll = PollLoop()
        exchange.setPeers(
            [
                PeerAddress(
                    node: fetcher,
                    pages: PageService(endpoints: [], publicKey: variable("PROBE_PEER")))
            ], in: &poll)
        say(exchange.service.endpoints[0])
        while true {
            let now = MonotonicClock.nanoseconds()
            for news in exchange.turn(arena, in: &poll, now: now) {
                if case .wanted(_, let token, _) = news {
                    _ = exchange.give(token, of: page, in: extent, arena)
                }
            }
            try poll.wait(until: exchange.nextDeadline(now: now))
        }
    }

    private static func fetch(from endpoint: String, bytes: Int, pages: Int) throws {
        let keys = try CurveKeys(secretKey: Secret(copying: variable("PROBE_SECRET")))
        let exchange = try PageExchange(keys: keys, pace: pace)
        let together = 2
        let arena = try Arena(budget: together * bytes + (64 << 20))
        var poll = PollLoop()
        exchange.setPeers(
            [
                PeerAddress(
                    node: giver,
                    pages: PageService(
                        endpoints: [endpoint], publicKey: variable("PROBE_PEER")))
            ], in: &poll)
        var begun = 0
        var done = 0
        var started: Int64 = 0
        // The first one warms connection and memory up and is not counted.
        while done < pages + 1 {
            let now = MonotonicClock.nanoseconds()
            while begun < (done == 0 ? 1 : min(pages + 1, done + together)) {
                begun += 1
                exchange.fetch(
                    TaskID(high: 1, low: UInt64(begun)), from: giver,
                    StoredPages(byteCount: Int64(bytes), elementCount: 1),
                    into: try arena.allocate(bytes: bytes), in: &poll, now: now)
            }
            let news = exchange.turn(arena, in: &poll, now: now)
            for news in news {
                guard case .fetched(_, let extent, _) = news else {
                    return complain("a page did not come: \(news)")
                }
                arena.free(extent)
                done += 1
                if done == 1 { started = MonotonicClock.nanoseconds() }
            }
            // News make room for more questions first.
            guard news.isEmpty else { continue }
            try poll.wait(until: exchange.nextDeadline(now: now))
        }
        say("nanoseconds=\(MonotonicClock.nanoseconds() - started) bytes=\(bytes * pages)")
    }
}
