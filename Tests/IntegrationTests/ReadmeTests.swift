// The README's example of data, as it stands there, with the little that it leaves out.

import Foundation
import Swoop
import Testing

@Record struct ReadmeSale {
    var shop: String
    var amount: Double
}

@Record struct ReadmeShop {
    var name: String
    var city: String
}

@Remote private func simulate(_ i: Int) -> Double { Double(i) / 2 }

@Suite struct ReadmeTests {
    @Test("The README's example of data does what it says")
    func data() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path(percentEncoded: false)
        try Data("shop,amount\nb,3\na,1.5\nb,none\na,2\n".utf8)
            .write(to: folder.appending(path: "sales.csv"))
        try Data("name,city\na,Ulm\nb,Kiel\n".utf8)
            .write(to: folder.appending(path: "shops.csv"))
        var options = LocalOptions()
        options.isVisible = false
        options.learns = false
        try await withCluster(.local(options)) { cluster in
            let (files, cities, left) = try await cluster.remotely { remote in
                let sales = remote.csv(
                    "\(path)/sales.csv", as: ReadmeSale.self, badRows: .leftOut)
                let files = sales.sorted(by: \.amount)
                    .saved(asCSV: "\(path)/by-amount.csv", parts: .one)
                let shops = remote.csv("\(path)/shops.csv", as: ReadmeShop.self)
                let cities = sales.joined(with: shops, on: \.shop, equals: \.name)
                    .grouped(by: \.second.city, .summing(of: \.first.amount))
                return (files, cities, sales.badRows())
            }
            #expect(try await files.values.map(\.path) == ["\(path)/by-amount.csv"])
            let sums = try await cities.values.sorted { $0.first < $1.first }
            #expect(sums.map(\.first) == ["Kiel", "Ulm"] && sums.map(\.second) == [3, 3.5])
            #expect(try await left.value.count == 1)
            let runs = try await cluster.remotely { remote in remote.map(0..<500, simulate) }
            #expect(try await runs[7].value == 3.5)
            #expect(try await runs.values.reduce(0, +) == 62_375)
        }
    }
}
