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

@Remote private func amount(_ sale: ReadmeSale) -> Double { sale.amount }
@Remote private func shopOfSale(_ sale: ReadmeSale) -> String { sale.shop }
@Remote private func name(_ shop: ReadmeShop) -> String { shop.name }
@Remote private func city(_ pair: Pair<ReadmeSale, ReadmeShop>) -> String { pair.second.city }
@Remote private func amountOfPair(_ pair: Pair<ReadmeSale, ReadmeShop>) -> Double {
    pair.first.amount
}

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
                let files = sales.sorted(by: amount).saved(asCSV: "\(path)/by-amount")
                let cities = sales.joined(
                    with: remote.csv("\(path)/shops.csv", as: ReadmeShop.self), on: shopOfSale, name
                )
                .grouped(by: city, .summing(of: amountOfPair))
                return (files, cities, sales.badRows())
            }
            #expect(try await files.files.count >= 1)
            let sums = try await cities.collect()
            #expect(sums.map(\.first) == ["Kiel", "Ulm"] && sums.map(\.second) == [3, 3.5])
            #expect(try await left.value.count == 1)
        }
    }
}
