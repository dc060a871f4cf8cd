// Pages from one agent to another: whole, several at once, absent, unreachable, and not for
// strangers.

import Glibc
import SwoopAgent
import SwoopModel
import SwoopStorage
import SwoopTransport
import Testing

/// What stands in a file.
private func contents(of path: String) throws -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe read(descriptor, &part, part.count)
        guard count > 0 else { return bytes }
        bytes += part[..<count]
    }
}

private func task(_ number: UInt64) -> TaskID { TaskID(high: 9, low: number) }

@Suite struct PageExchangeTests {
    @Test(arguments: [0, 1, 4_095, 4_096, 4_097, 60_000])
    func aPageComesWhole(count: Int) throws {
        let pair = try ExchangePair()
        try pair.store(task(1), bytes: count)
        try pair.fetch(task(1), bytes: count)
        try pair.turn(untilNews: 1)
        let first = try #require(pair.news.first)
        guard case .fetched(task(1), let extent, let pages) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(pages == StoredPages(byteCount: Int64(count), elementCount: 7))
        #expect(
            pair.fetchedBytes(extent, count: count) == ExchangePair.bytes(count, of: task(1)))
        let grown = pair.grown[task(1)] ?? []
        #expect(grown == grown.sorted() && grown.allSatisfy { $0 <= count })
        try pair.turnUntilAllLeft()
        #expect(pair.given == max(1, (count + 4_095) / 4_096))
        #expect(pair.left == pair.given)
    }

    @Test func severalPagesComeAtOnceEachWithItsOwnBytes() throws {
        let pair = try ExchangePair()
        for number in 1...9 {
            try pair.store(task(UInt64(number)), bytes: 3_000 * number)
            try pair.fetch(task(UInt64(number)), bytes: 3_000 * number)
        }
        try pair.turn(untilNews: 9)
        var came: Set<TaskID> = []
        for event in pair.news {
            guard case .fetched(let task, let extent, let pages) = event else {
                Issue.record("\(event)")
                continue
            }
            let byteCount = pages.byteCount
            came.insert(task)
            #expect(byteCount == 3_000 * Int64(task.low))
            #expect(
                pair.fetchedBytes(extent, count: Int(byteCount))
                    == ExchangePair.bytes(Int(byteCount), of: task))
        }
        #expect(came.count == 9)
    }

    @Test func `slices of one output come each with its own bytes, and no others`() throws {
        let pair = try ExchangePair()
        try pair.store(task(1), bytes: 60_000)
        let slices = [(64, 10_000), (10_064, 4_096), (14_160, 45_840), (64, 1)]
        for (number, slice) in slices.enumerated() {
            try pair.fetch(
                task(UInt64(number) + 10), bytes: slice.1,
                slice: OutputSlice(
                    task: task(1), offset: Int64(slice.0), wholeByteCount: 60_000))
        }
        try pair.turn(untilNews: slices.count)
        let whole = ExchangePair.bytes(60_000, of: task(1))
        var came: Set<TaskID> = []
        for event in pair.news {
            guard case .fetched(let task, let extent, let pages) = event else {
                Issue.record("\(event)")
                continue
            }
            came.insert(task)
            let (start, count) = slices[Int(task.low) - 10]
            #expect(pages.byteCount == Int64(count))
            #expect(
                pair.fetchedBytes(extent, count: count) == Array(whole[start..<start + count]))
        }
        #expect(came.count == slices.count)
    }

    @Test func `all slices of an output that is not there are absent`() throws {
        let pair = try ExchangePair()
        for number in 0..<3 {
            try pair.fetch(
                task(UInt64(number) + 10), bytes: 100,
                slice: OutputSlice(
                    task: task(1), offset: Int64(number) * 100, wholeByteCount: 300))
        }
        try pair.turn(untilNews: 3)
        let absent = pair.news.compactMap { if case .absent(let task) = $0 { task } else { nil } }
        #expect(Set(absent) == [task(10), task(11), task(12)])
    }

    @Test func aPageThatIsNotThereIsAbsentAndItsMemoryIsGivenBack() throws {
        let pair = try ExchangePair()
        try pair.fetch(task(1), bytes: 50_000)
        try pair.turn(untilNews: 1)
        guard case .absent(task(1))? = pair.news.first else {
            Issue.record("\(pair.news)")
            return
        }
        let abandoned = pair.fetcher.takeAbandoned()
        #expect(abandoned.count == 1)
        for extent in abandoned { pair.fetcherArena.free(extent) }
        #expect(pair.fetcherArena.usedBytes == 0)
        // The answers to its other ranges harm nothing.
        try pair.store(task(2), bytes: 5_000)
        try pair.fetch(task(2), bytes: 5_000)
        try pair.turn(untilNews: 2)
        guard case .fetched(task(2), _, _)? = pair.news.last else {
            Issue.record("\(pair.news)")
            return
        }
    }

    @Test func aPageOfAnotherSizeIsNotTheOneThatWasMeant() throws {
        let pair = try ExchangePair()
        try pair.store(task(1), bytes: 10_000)
        try pair.fetch(task(1), bytes: 9_999)
        try pair.turn(untilNews: 1)
        guard case .absent(task(1))? = pair.news.first else {
            Issue.record("\(pair.news)")
            return
        }
    }

    @Test func aNodeThatNobodyNamedIsUnreachableAtOnce() throws {
        let pair = try ExchangePair()
        try pair.fetch(task(1), bytes: 10, from: NodeID(77))
        try pair.turn(untilNews: 1)
        guard case .unreachable(task(1))? = pair.news.first else {
            Issue.record("\(pair.news)")
            return
        }
        #expect(pair.fetcher.takeAbandoned().count == 1)
    }

    @Test func aNodeThatDoesNotTakeUsIsGivenUpAfterTwoSeconds() throws {
        // The giver was not told of the fetcher: its key opens nothing.
        let pair = try ExchangePair(areIntroduced: false)
        try pair.store(task(1), bytes: 10)
        let began = MonotonicClock.nanoseconds()
        try pair.fetch(task(1), bytes: 10)
        try pair.turn(untilNews: 1)
        guard case .unreachable(task(1))? = pair.news.first else {
            Issue.record("\(pair.news)")
            return
        }
        let seconds = Double(MonotonicClock.nanoseconds() - began) / 1e9
        #expect(seconds >= 1.9 && seconds < 8)
        #expect(pair.given == 0)
    }

    @Test func aNodeThatLeftTheClusterIsUnreachable() throws {
        let pair = try ExchangePair()
        try pair.store(task(1), bytes: 10)
        try pair.fetch(task(1), bytes: 10)
        try pair.turn(untilNews: 1)
        try pair.fetch(task(2), bytes: 40_000)
        pair.fetcher.setPeers([], in: &pair.poll)
        try pair.turn(untilNews: 2)
        guard case .unreachable(task(2))? = pair.news.last else {
            Issue.record("\(pair.news)")
            return
        }
    }

    @Test func `a node that was withdrawn reads no more by the connection that it has`() throws {
        let pair = try ExchangePair()
        try pair.store(task(1), bytes: 10_000)
        try pair.store(task(2), bytes: 10_000)
        try pair.fetch(task(1), bytes: 10_000)
        try pair.turn(untilNews: 1)
        let given = pair.given
        #expect(given > 0)
        pair.giver.setPeers([], in: &pair.poll)
        try pair.fetch(task(2), bytes: 10_000)
        try pair.turnUntilGiverDrops()
        #expect(pair.given == given)
        #expect(pair.news.count == 1)
    }

    @Test func `it listens on the addresses that it was told, and on no other`() throws {
        let exchange = try PageExchange(
            keys: .generate(), listening: ["127.0.0.7", "192.0.2.7", "127.0.0.8"])
        let port = exchange.service.endpoints[0].split(separator: ":").last ?? ""
        #expect(
            exchange.service.endpoints == ["tcp://127.0.0.7:\(port)", "tcp://127.0.0.8:\(port)"])
        exchange.listen(on: "127.0.0.9")
        let text = try String(decoding: contents(of: "/proc/net/tcp"), as: UTF8.self)
        let number = try #require(UInt16(port))
        let digits = String(number, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        let listening = text.split(separator: "\n").map { $0.split(separator: " ") }
            .filter { $0.count > 3 && $0[3] == "0A" && $0[1].hasSuffix(suffix) }
        #expect(
            Set(listening.map { $0[1].dropLast(5) }) == ["0700007F", "0800007F", "0900007F"])
        // None of this machine's: others come through the coordinator.
        let nowhere = try PageExchange(keys: .generate(), listening: ["192.0.2.7"])
        #expect(nowhere.service.endpoints[0].hasPrefix("tcp://127.0.0.1:"))
        let other = try PageExchange(
            keys: .generate(), listening: ["127.0.0.1"], announced: ["10.1.2.3", "fd00::1"])
        let otherPort = other.service.endpoints[0].split(separator: ":").last ?? ""
        #expect(
            other.service.endpoints == [
                "tcp://10.1.2.3:\(otherPort)", "tcp://[fd00::1]:\(otherPort)",
            ])
    }
}
