// Loops inside of plans, and calls inside of runs.

import Swoop

@Remote func newton(_ x: Double) -> Double { x - (x * x - 2) / (2 * x) }
@Remote func isRootOfTwo(_ x: Double) -> Bool { abs(x * x - 2) < 1e-12 }
@Remote func grown(_ values: [Double]) -> [Double] { values + [Double(values.count)] }
@Remote func isLong(_ values: [Double]) -> Bool { values.count >= 500 }

@Remote func fib(_ n: Int) async throws -> Int {
    guard n > 1 else { return n }
    async let a = fib(n - 1)
    async let b = fib(n - 2)
    return try await a + b
}

@Remote func grouped(_ count: Int) async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
        for i in 0..<count { group.addTask { try await slowly(i) } }
        return try await group.reduce(0, +)
    }
}

@Remote func slowly(_ i: Int) async throws -> Int {
    if i == 13_000 { throw Refused(number: i) }
    return i
}

@Remote func refusing(_ n: Int) async throws -> Int {
    async let a = slowly(n)
    async let b = slowly(1)
    return try await a + b
}

@Remote func isPrime(_ n: Int) -> Bool {
    n > 1 && !stride(from: 2, to: n, by: 1).contains { $0 * $0 <= n && n % $0 == 0 }
}

func tellLoops() async throws {
    try await withTestCluster { cluster in
        await tell("until") {
            try await cluster.remotely { remote in
                remote.iterate(from: 1.0, limit: 50, until: isRootOfTwo) { newton($0) }
            }.value
        }
        await tell("limit") {
            try await cluster.remotely { remote in
                remote.iterate(from: 1.0, limit: 1, until: isRootOfTwo) { newton($0) }
            }.value
        }
        await tell("count") {
            try await cluster.remotely { remote in
                remote.iterate(from: remote.call(one, 0), count: 10) { one(one($0)) }
            }.value
        }
        await tell("a state in pages") {
            try await cluster.remotely { remote in
                remote.iterate(from: [Double](), limit: 10_000, until: isLong) { grown($0) }
            }.value.count
        }
        await tell("arithmetic in a loop") {
            try await cluster.remotely { remote in
                remote.iterate(from: 1, limit: 100, until: { $0 > 1_000 }) { x in 2 * x + 1 }
            }.value
        }
        await tell("after a loop") {
            try await cluster.remotely { remote in
                one(remote.iterate(from: 1, count: 3) { one($0) })
            }.value
        }
        await tell("a loop in a loop") {
            try await cluster.remotely { remote in
                remote.iterate(from: 1, count: 3) { x in
                    remote.iterate(from: x, count: 2) { one($0) }
                }
            }.value
        }
        await tell("a loop that fails") {
            try await cluster.remotely { remote in
                remote.iterate(from: 5, count: 10) { countdown($0) }
            }.value
        }
    }
}

func tellChildren() async throws {
    try await withTestCluster { cluster in
        await tell("async let") { try await cluster.remotely { $0.call(fib, 20) }.value }
        await tell("side by side") {
            let proxies = try await cluster.remotely { remote in
                (0..<8).map { remote.call(fib, 10 + $0) }
            }
            var all: [Int] = []
            for proxy in proxies { all.append(try await proxy.value) }
            return all
        }
        await tell("group") { try await cluster.remotely { $0.call(grouped, 500) }.value }
        await tell("child throws") {
            try await cluster.remotely { $0.call(refusing, 13_000) }.value
        }
    }
}
