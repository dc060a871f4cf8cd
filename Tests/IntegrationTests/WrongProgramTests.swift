// Wrong programs, compiled: what the compiler says of each. All of them are functions of one file,
// type-checked in one run; a comment at the end of a line has words of the error on that line.

import Foundation
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct WrongProgramTests {
        private let source = #"""
            import Swoop

            struct Bare { var x: Int }
            @Record struct Sale { var shop: String; var amount: Double }
            @Remote func doubled(_ x: Int) -> Int { 2 * x }
            @Remote func scaled(_ x: Double, by k: Double = 2) -> Double { x * k }
            func plain(_ x: Int) -> Int { x }

            func closures(_ remote: RemoteScope) {
                _ = remote.range(0..<9).map { $0 + 1 }  // write #remote { (x: T) in … }
                _ = remote.range(0..<9).map(plain)  // put @Remote before the function
                _ = remote.range(0..<9).map { Double($0) }.sum  // write #remote
                _ = remote.range(0..<9).filter { $0 > 1 }.count  // write #remote
                _ = remote.range(0..<9).reduce(0, +)  // use sum, min, max or count
                _ = remote.array([3, 1]).sorted(by: <)  // sort by a key: sorted(by: \.price)
                _ = remote.array([3, 1]).map { $0 * 2 }  // write #remote
                remote.range(0..<9).forEach { print($0) }  // the elements are in the cluster
                _ = remote.range(0..<9).top(3, by: { -$0 })  // the key is a property of a struct
                _ = remote.range(0..<9).bottom(3) { $0 % 3 }  // the key is a property of a struct
            }

            func runs(_ cluster: Cluster, _ remote: RemoteScope) async throws {
                let one: Int = try await cluster.remotely { remote in  // what comes back is what
                    remote.call(doubled, 1)
                }
                let many: [Int] = try await cluster.remotely { remote in  // values of many
                    remote.map(0..<one, doubled)
                }
                let plan = cluster.plan { remote in remote.map(many, doubled) }
                let three: [Int] = try await plan.run()  // what comes back is what the block
                let four = plan.values  // let results = try await plan.run()
                let five = cluster.plan { remote in remote.call(doubled, 1) }.value  // no value
                _ = [remote.call(doubled, 1), remote.call(doubled, 2)].max()  // not known while
                _ = remote.map(three, doubled).min()  // try await runs.values.min()
                _ = remote.map(three, doubled).sorted()  // try await runs.values.sorted()
                _ = (four, five)
            }

            func arguments(_ remote: RemoteScope) {
                _ = remote.range(9)  // remote.range takes 0..<n or 0...n of Int
                _ = remote.range(stride(from: 0, to: 9, by: 3)).count  // remote.range takes
                _ = remote.array(0..<9).count  // of a range, write remote.range(0..<n)
                _ = remote.array(Set([3, 1])).count  // remote.array(Array(values))
                _ = remote.lines(1.5).count  // where SwoopFoundation is imported
                _ = remote.csv(1.5, as: Sale.self).count  // where SwoopFoundation is imported
            }

            @Remote func price(_ sale: Sale) -> Double { sale.amount }

            func ends(_ remote: RemoteScope, _ sales: ProxyArray<Sale>) async throws {
                let runs = try await cluster().remotely { remote in remote.map(0..<3, doubled) }
                _ = try await runs.value  // of many this is values
                _ = try await sales.value  // of many this is values
                _ = sales.map(\.amount).sum()  // leave () out, as in array.sum
                _ = sales.count()  // leave () out, as in array.sum
                _ = sales.sum(\.amount)  // array.map(\.amount).sum
                _ = sales.sum(of: \.amount)  // array.map(\.amount).sum
                _ = sales.sum(of: price)  // array.map(\.amount).sum
                _ = sales.mean(of: price)  // array.map(\.amount).mean
                _ = sales.average(of: \.amount)  // array.map(\.amount).mean
                _ = sales.sorted(by: \.amount, descending: true)  // \.amount, .descending
                _ = sales.sorted(by: \.amount, order: .descending)  // \.amount, .descending
                _ = sales.grouped(by: \.shop, .sum(of: \.amount))  // this is .summing(of: \.amount)
                _ = sales.grouped(by: \.shop, .average(of: \.amount))  // this is .mean(of:
                _ = sales.map(price)[0]  // the elements are in the cluster
            }
            func cluster() -> Cluster { fatalError() }

            extension Sale { var double: Double { 2 * amount } }

            func calls(_ remote: RemoteScope) {
                _ = remote.call(scaled, 1.0)  // remote.call takes all of them
                _ = remote.call(doubled, "x")  // remote.call takes all of them
                _ = doubled(remote.call(doubled, 1), 2)  // extra argument in call
                _ = scaled(1.0, by: 2.0)
                _ = sum(remote.call(doubled, 1), 2, 3)  // extra argument in call
                let one = remote.call(one)
                _ = five(one, 2, 3, 4, last: 5, 6)  // extra argument in call
                _ = five(one, 2, 3, 4, end: 5)  // incorrect argument label in call
                _ = five(one, 2, 3, 4, 5)  // missing argument label 'last:' in call
                _ = five(one, 2)  // missing argument
                _ = five(one, 2, "x", 4, last: 5)  // five takes (Int, Int, Int, Int, last: Int)
                _ = doubled("x")  // doubled takes (Int), each of them a value or a handle
                _ = doubled(remote.call(ratio))  // doubled takes (Int), each of them a value or
                _ = doubled(remote.array([1]))  // write array.map(doubled)
                _ = total(remote.array([1]))  // is array.collected()
                _ = doubled()  // missing argument for parameter #1 in call
                _ = remote.call(plain, 1)  // put @Remote before the function
                _ = remote.map(0..<9, plain)  // put @Remote before it
                _ = remote.map(0..<9) { $0 + 1 }  // a closure becomes a function with @Remote
            }

            func locals(_ remote: RemoteScope, limit: Double, _ list: [Int]) {
                let k = 3
                let (a, b) = (1, 2)
                func local(_ x: Int) -> Int { x }
                let all = remote.range(0..<9)
                _ = all.map(#remote { (x: Int) in x * k })  // [k = k as Int] (x: Int) in
                _ = all.map(#remote { (x: Int) in Double(x) * limit })  // [limit = limit as Double]
                _ = all.map(#remote { (x: Int) in local(x) })  // 'local' is a local function
                for i in 0..<2 {
                    _ = all.map(#remote { [a = a as Int] (x: Int) in x + a + i })  // 'i' is a
                    _ = all.map(#remote { (x: Int) in x + b })  // 'b' is a local value
                }
                if let first = list.first {
                    _ = all.filter(#remote { (x: Int) in x > first })  // 'first' is a local value
                }
                _ = list.map { n in
                    all.map(#remote { (x: Int) in [x].map { $0 + n } })  // 'n' is a local value
                }
            }

            struct Scaling {
                var factor = 2.0
                static let fixed = 2.0
                func go(_ all: Chain<_RangeSource>) {
                    _ = all.map(#remote { (x: Int) in Double(x) * factor })  // [factor = factor as
                    _ = all.map(#remote { (x: Int) in Double(x) * self.factor })  // 'self' cannot
                    _ = all.map(#remote { (x: Int) in Double(x) * Scaling.fixed })
                    _ = all.map(#remote { (x: Int) in [Scaling()].map(\.factor)[0] + Double(x) })
                }
            }

            func keys(_ remote: RemoteScope, _ sales: ProxyArray<Sale>) {
                _ = sales.map(\Sale.amount)  // write the property without its type
                _ = sales.map(\.double)  // of one in an extension
                _ = sales.map(\.shoop)  // has no such property that a key path can name
                _ = sales.sorted(by: \.shoop)  // has no such property that a key path can name
                _ = sales.filter(\.isPaid)  // has no such property that a key path can name
                _ = sales.top(3, by: \.shoop)  // has no such property that a key path can name
                _ = sales.grouped(by: \.shoop, .counting())  // has no such property that a key
                _ = sales.joined(with: sales, on: \.shoop, equals: \.shop)  // has no such property
                _ = sales.map(\.shop.count)  // make a function with @Remote
                _ = sales.max(by: \.amount)  // the one of top(1, by: \.price)
                _ = sales.min(by: \.amount)  // the one of bottom(1, by: \.price)
                _ = sales.max { $0.amount < $1.amount }  // the one of top(1, by: \.price)
                _ = sales.grouped(by: { $0.shop }, .counting())  // the key is a function
                _ = sales.grouped(by: \.shop, .summing(of: { $0.amount }))  // numbers are added up
                _ = sales.grouped(by: \.shop, .summing(of: \.shop))  // numbers are added up
                _ = sales.joined(with: sales, on: \.shop, equals: \.shop).map(both)  // of a join
            }

            struct Row: Codable, Sendable, Hashable { var a: Int }
            struct LabError: Error { var a: Int }
            @Remote func row(_ x: Int) -> Row { Row(a: x) }
            @Remote func sum(_ x: Int, _ y: Int) -> Int { x + y }
            @Remote func one() -> Int { 1 }
            @Remote func total(_ list: [Int]) -> Int { list.count }
            @Remote func five(_ a: Int, _ b: Int, _ c: Int, _ d: Int, last: Int) -> Int { a }
            @Remote func both(_ a: Sale, _ b: Sale) -> Int { 2 }

            func types(_ remote: RemoteScope, _ error: SwoopError) {
                _ = remote.map(0..<9, sum)  // takes two arguments: give the one that is the same
                _ = remote.csv("x.csv", as: Row.self).count  // rows are structs with @Record
                _ = remote.csv(["x.csv"], as: Row.self)  // rows are structs with @Record
                _ = remote.records("x.bin", as: Row.self)  // records are structs with @Record
                _ = remote.array([Row(a: 1)])  // pages cannot hold elements of this type
                _ = remote.array([Row(a: 1)]).count  // pages cannot hold elements of
                _ = remote.kept("rows", of: Row.self)  // pages cannot hold elements of this type
                _ = remote.range(0..<9).map(row).stored()  // put @Record before the struct
                _ = remote.range(0..<9).map(row).saved(asCSV: "x")  // the rows of a table are
                _ = remote.range(0..<9).map(row).saved(asText: "x")  // the lines of a text are
                _ = remote.range(0..<9).map(row).saved(asText: "x", parts: .one)  // the lines of
                _ = remote.range(0..<9).map(row).saved(asCSV: "x", parts: .one)  // the rows of a
                _ = remote.range(0..<9).grouped(by: row, .counting())  // a key is text, a number
                _ = remote.range(0..<9).map(doubled).first  // the first elements are prefix(n)
                _ = error.underlying(as: LabError.self)  // make its type Codable
                let p = remote.call(one)
                values(p, remote.call(ratio), remote)
                if p > 3 { return }  // the value is not known while the plan is recorded
                while p == 3 {}  // decide in a function with @Remote
                _ = p > 3 ? 1 : 2  // the value is not known while the plan is recorded
            }

            @Remote func ratio() -> Double { 0.5 }
            struct Plain: Codable, Sendable { var name: String }
            @Remote func plainOne() -> Plain { Plain(name: "") }

            func values(_ p: Proxy<Int>, _ d: Proxy<Double>, _ remote: RemoteScope) {
                for i in 0..<p { _ = i }  // loop over it in a function with @Remote
                for i in 1...p { _ = i }  // loop over it in a function with @Remote
                _ = remote.range(0..<p).count  // loop over it in a function with @Remote
                var best = 0.0
                best = max(best, d)  // compare in a function with @Remote
                best = min(d, best)  // try await runs.values.min()
                _ = max(p, p)  // try await runs.values.max()
                _ = abs(p)  // convert it in a function with @Remote
                if p == 3 { return }  // decide in a function with @Remote
                var sum = 0
                sum += p  // add handles up with runs.sum()
                _ = Double(p) / 2  // write proxy.asDouble
                _ = Int(d)  // convert it in a function with @Remote
                if p == p { return }  // value of type 'Proxy<Bool>' to expected condition type
                print("\(p) \(best)")  // this is the handle's description
                _ = remote.call(plainOne).name  // there where its struct has @Record
                let array = remote.array([1, 2])
                _ = array[1]  // one of them is array[i..<i + 1], and after the run
                let all = remote.range(0..<3).collected
                _ = all.isReady  // add () to call it
                _ = array.map(#remote { (x: Int) in sum += x; return x })  // end the chain in sum
                _ = array.map(#remote { (x: Int) in x + sum })  // capture it with its type
            }

            @Remote func twice(_ x: Int) -> Int { 2 * x }
            @Remote func twice(_ x: Double) -> Double { 2 * x }  // need different names
            enum Twice {
                @Remote static func twice(_ x: Int) -> Int { 2 * x }
                @Remote static func twice(_ x: Double) async -> Double { 2 * x }  // need different
            }

            func generic(_ all: some Chainable<Int>) -> some Chainable<Int> {
                all.map(#remote { (x: Int) in x + 1 })  // #remote needs one place in the program
            }

            @Remote func take(_ bare: Bare) -> Int { bare.x }  // cannot travel

            final class Crate { var x = 1 }
            @Remote func open(_ crate: Crate) -> Int { crate.x }  // cannot travel

            @Record enum Kind {
                case plain, tall(Int)  // cases with values have no columns
            }

            @Remote func give(
                _ x: Int
            ) -> Bare { Bare(x: x) }  // cannot travel

            @Record struct Holder {
                var a: Int
                var bare: Bare  // pages cannot hold a field of this type
            }
            """#

        private struct Said {
            var line: Int
            var text: String
        }

        /// The errors of the compiler, and what it says of handles in texts.
        private func errors() throws -> [Said] {
            let folder = try TestFolder()
            let path = folder.path + "/Wrong.swift"
            try Data(source.utf8).write(to: URL(filePath: path))
            let tool = try #require(ProgramRun.path(of: "SwoopMacros-tool"))
            let products = tool.dropLast("/SwoopMacros-tool".count)
            let package = #filePath.split(separator: "/", omittingEmptySubsequences: false)
                .dropLast(3).joined(separator: "/")
            let run = try ProgramRun(
                [
                    "-c",
                    """
                    maps=$(ls "$2"/Sources/C*/module.modulemap \
                        "$2"/Sources/C*/include/module.modulemap \
                        "$1"/../../checkouts/*/Sources/*/include/module.modulemap)
                    exec swiftc -typecheck -swift-version 6 -I "$1/Modules" \
                    $(for map in $maps; do echo -Xcc -fmodule-map-file="$map"; done) \
                    -load-plugin-executable "$1/SwoopMacros-tool#SwoopMacros" \
                    -diagnostic-style llvm "$3"
                    """, "sh", String(products), package, path,
                ], in: folder, program: "/bin/sh")
            try run.end(within: 120)
            let lines = (run.output + run.errors).split(separator: "\n")
            return lines.compactMap { line in
                let warning =
                    line.contains("the handle's description") ? ": warning: " : ": error: "
                guard let mark = line.firstRange(of: warning), line.hasPrefix(path) else {
                    return line.hasPrefix("<unknown>") || line.contains("error: no such module")
                        ? Said(line: 0, text: String(line)) : nil
                }
                let place = line[..<mark.lowerBound].dropFirst(path.count + 1)
                let number = Int(place.prefix { $0 != ":" }) ?? 0
                return Said(line: number, text: String(line[mark.upperBound...]))
            }
        }

        @Test func `the compiler says what to write instead`() throws {
            let said = try errors()
            let expected = source.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
                .compactMap { index, line -> Said? in
                    guard let mark = line.firstRange(of: "  // ") else { return nil }
                    return Said(line: index + 1, text: String(line[mark.upperBound...]))
                }
            #expect(expected.count == 124)
            for wrong in expected {
                let here = said.filter { $0.line == wrong.line }
                #expect(here.count == 1, "\(wrong.line): \(here)")
                #expect(
                    here.first?.text.contains(wrong.text) == true,
                    "line \(wrong.line): \(here.first?.text ?? "nothing")")
            }
            #expect(said.count == expected.count, "\(said)")
        }
    }
}
