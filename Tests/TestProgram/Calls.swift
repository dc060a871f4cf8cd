// Remote functions of every shape, called in every way.

import Swoop

@Remote func noArguments() -> Int { 42 }
@Remote func one(_ a: Int) -> Int { a + 1 }
@Remote func two(_ a: Int, by b: Double) -> Double { Double(a) * b }
@Remote func three(a: Int, _ b: Double, _ c: String) throws -> String { "\(a) \(b) \(c)" }
@Remote func four(_ a: Int, _ b: Int, _ c: Int, _ d: Int) async -> Int { a + b + c + d }
@Remote func five(_ a: Int8, _ b: UInt16, _ c: Float, _ d: Bool, _ e: UInt64) async throws -> String
{
    "\(a) \(b) \(c) \(d) \(e)"
}
@Remote func six(_ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int, _ f: Int) -> [Int] {
    [f, e, d, c, b, a]
}
@Remote private func hidden(_ a: Int) -> Int { -a }
@Remote func nothing(_ a: Int) {}
@Remote func total(_ values: [Double]) -> Double { values.reduce(0, +) }
@Remote func lengths(_ words: [String]) -> [String: Int] {
    Dictionary(words.map { ($0, $0.count) }, uniquingKeysWith: { first, _ in first })
}
@Remote func sumOf(_ table: [String: Int]) -> Int { table.values.reduce(0, +) }
@Remote func half(_ value: Int?) -> Int? { value.flatMap { $0 % 2 == 0 ? $0 / 2 : nil } }
@Remote func moved(_ place: Place, _ by: Double) -> Place {
    Place(x: place.x + by, name: place.name + "'", tags: place.tags)
}
@Remote func older(_ person: Person) -> Person {
    Person(name: person.name, age: person.age + 1, home: person.home)
}
@Remote func nested(_ values: [[Int]?]) -> [[Int]?] { values.reversed() }

/// A record: its fields are columns.
@Record struct Place: Equatable {
    var x: Double
    var name: String
    var tags: [Int]?
}

/// Codable and nothing else.
struct Person: Codable, Sendable {
    var name: String
    var age: Int
    var home: [String: Double]
}

/// Static functions in a type.
enum Shapes {
    @Remote static func area(_ side: Double) -> Double { side * side }
}

func tellCalls() async throws {
    try await withTestCluster { cluster in
        await tell("no arguments") {
            try await cluster.remotely { remote in remote.call(noArguments) }.value
        }
        await tell("one") { try await cluster.remotely { $0.call(one, 1) }.value }
        await tell("two") { try await cluster.remotely { $0.call(two, 3, 0.5) }.value }
        await tell("three") { try await cluster.remotely { $0.call(three, 1, 2.5, "é") }.value }
        await tell("four") { try await cluster.remotely { $0.call(four, 1, 2, 3, 4) }.value }
        await tell("five") {
            try await cluster.remotely { $0.call(five, -1, 65_535, 0.25, true, .max) }.value
        }
        await tell("six") { try await cluster.remotely { $0.call(six, 1, 2, 3, 4, 5, 6) }.value }
        await tell("private") { try await cluster.remotely { $0.call(hidden, 5) }.value }
        await tell("static") { try await cluster.remotely { $0.call(Shapes.area, 1.5) }.value }
        await tell("nothing") { try await cluster.remotely { $0.call(nothing, 5) }.value }
        await tell("dictionary") {
            try await cluster.remotely { $0.call(lengths, ["a", "bcd"]) }.value.sorted {
                $0.key < $1.key
            }.map { "\($0.key):\($0.value)" }
        }
        await tell("optional") {
            let halves = try await cluster.remotely { remote in
                [remote.call(half, 4), remote.call(half, 3), remote.call(half, nil)]
            }
            var all: [String] = []
            for proxy in halves { all.append(try await proxy.value.map { "\($0)" } ?? "nil") }
            return all.joined(separator: " ")
        }
        await tell("record") {
            let place = Place(x: 1, name: "here", tags: [7])
            let value = try await cluster.remotely { $0.call(moved, place, 0.5) }.value
            return "\(value.x) \(value.name) \(value.tags ?? [])"
        }
        await tell("codable") {
            let person = Person(name: "Ada", age: 36, home: ["lat": 51.5])
            let value = try await cluster.remotely { $0.call(older, person) }.value
            return "\(value.name) \(value.age) \(value.home["lat"] ?? 0)"
        }
        await tell("nested") {
            try await cluster.remotely { $0.call(nested, [[1], nil, []]) }.value.map { $0 ?? [-1] }
        }
    }
}

func tellProxies() async throws {
    try await withTestCluster { cluster in
        await tell("proxy as argument") {
            try await cluster.remotely { remote in one(one(remote.call(one, 1))) }.value
        }
        await tell("proxy and constant") {
            try await cluster.remotely { remote in two(remote.call(one, 1), by: 2.5) }.value
        }
        await tell("array of proxies") {
            try await cluster.remotely { remote in
                total((1...100).map { remote.call(two, $0, 1.0) })
            }.value
        }
        await tell("dictionary of proxies") {
            try await cluster.remotely { remote in
                sumOf(["a": remote.call(one, 1), "b": remote.call(one, 2)])
            }.value
        }
        await tell("earlier block") {
            let first = try await cluster.remotely { $0.call(one, 10) }
            let second = try await cluster.remotely { _ in one(first) }
            let third = try await cluster.remotely { _ in
                total([two(first, by: 1), two(second, by: 1)])
            }
            return try await third.value
        }
        await tell("value sent once") {
            try await cluster.remotely { remote in
                let table = remote.value(["a": 1, "b": 2])
                return sumOf(table) + sumOf(table)
            }.value
        }
        await tell("codable sent once") {
            try await cluster.remotely { remote in
                try remote.value(Person(name: "B", age: 1, home: [:]))
            }.value.age
        }
        await tell("arithmetic") {
            try await cluster.remotely { remote -> Proxy<Double> in
                let a = remote.call(one, 6)
                let b = remote.call(one, 2)
                return (4 * a - b) / 2.0 + two(-(a + b) / b, by: 1)
            }.value
        }
        await tell("comparison") {
            try await cluster.remotely { remote in
                remote.call(one, 1) < remote.call(one, 2) && !(remote.call(one, 1) >= 5)
            }.value
        }
        await tell("deep arithmetic") {
            try await cluster.remotely { remote in
                (0..<300).reduce(remote.call(one, 0)) { sum, i in sum + i }
            }.value
        }
        await tell("division by zero") {
            try await cluster.remotely { remote in
                one(remote.call(one, 1) / (remote.call(one, 0) - 1))
            }.value
        }
    }
}
