// What is read from a package index: a stanza becomes a package, the packages' names become
// numbers, and dependencies become links between numbers. PageRank.swift ranks what is linked here;
// RankingPlan.swift says what follows what.

import Swoop

/// What a stanza of a package index says.
@Record struct Package: Equatable {
    /// The package's name.
    var name: String
    /// What tells this stanza from others of the same name: the archive's file, else the version.
    var release: String
    /// Where the archive files it, without the component: `libs`, `contrib/net` is `net`.
    var section: String
    /// What it takes when it is installed, in KiB, as the stanza says.
    var installedKibibytes: Int
    /// Depends and Pre-Depends: for each that must be met, the names that meet it, best first.
    var needs: [[String]]
}

/// Where a name stands among all.
@Record struct CatalogueEntry: Equatable {
    /// 0 for the first name in the index.
    var number: Int32
    /// Which stanza of that name counts: the first.
    var release: String
}

/// A package with its dependencies found.
@Record struct LinkedPackage: Equatable {
    var number: Int32
    var section: String
    var installedKibibytes: Int
    /// The numbers of the packages that it depends on, each once, itself never.
    var dependencies: [Int32]
}

/// A package as the graph knows it.
@Record struct Links: Equatable {
    var number: Int32
    var dependencies: [Int32]
}

// MARK: Stanzas

/// Reads a stanza; nil for one without a package's name.
@Remote func parse(_ stanza: TextSlice) -> Package? {
    var found = Package(name: "", release: "", section: "", installedKibibytes: 0, needs: [])
    var version = ""
    stanza.forEachField(separatedBy: UInt8(ascii: "\n")) { line in
        guard let (key, rest) = line.split(atFirst: UInt8(ascii: ":")) else { return }
        if key == "Package" {
            found.name = String(rest.trimmed)
        } else if key == "Version" {
            version = String(rest.trimmed)
        } else if key == "Filename" {
            found.release = String(rest.trimmed)
        } else if key == "Section" {
            found.section = withoutComponent(rest.trimmed)
        } else if key == "Installed-Size" {
            found.installedKibibytes = Int(rest.trimmed) ?? 0
        } else if key == "Depends" || key == "Pre-Depends" {
            found.needs += alternatives(in: rest)
        }
    }
    if found.release.isEmpty { found.release = version }
    if found.section.isEmpty { found.section = "(none)" }
    return found.name.isEmpty ? nil : found
}

/// `net` of `contrib/net`.
private func withoutComponent(_ section: TextSlice) -> String {
    guard let (_, name) = section.split(atFirst: UInt8(ascii: "/")) else { return String(section) }
    return String(name)
}

/// The names in `a (>= 2) | b:any, c`: `[["a", "b"], ["c"]]`.
private func alternatives(in field: TextSlice) -> [[String]] {
    var needs: [[String]] = []
    field.forEachField(separatedBy: UInt8(ascii: ",")) { clause in
        var names: [String] = []
        clause.forEachField(separatedBy: UInt8(ascii: "|")) { alternative in
            let name = bareName(alternative.trimmed)
            if !name.isEmpty { names.append(String(name)) }
        }
        if !names.isEmpty { needs.append(names) }
    }
    return needs
}

/// The name without the version that is asked for and without an architecture.
private func bareName(_ text: TextSlice) -> TextSlice {
    var end = 0
    while end < text.byteCount {
        let byte = text[end]
        if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ":") {
            break
        }
        end += 1
    }
    return text[0..<end]
}

// MARK: Names and numbers

/// A package's name and the stanza that it stands in.
@Remote func identity(_ found: Package) -> Pair<String, String> { Pair(found.name, found.release) }

/// Numbers the names in the order of the index. Where a name comes again (the index of a release
/// and that of its updates), the first stanza counts.
@Remote func catalogue(_ names: [Pair<String, String>]) -> [String: CatalogueEntry] {
    var entries: [String: CatalogueEntry] = [:]
    entries.reserveCapacity(names.count)
    for name in names where entries[name.first] == nil {
        entries[name.first] = CatalogueEntry(number: Int32(entries.count), release: name.second)
    }
    return entries
}

/// Finds a package's dependencies; nil for a stanza that does not count.
///
/// Of alternatives the first counts that is a package of the index: names that packages only
/// provide have no stanza and are passed over.
@Remote func link(_ found: Package, _ entries: [String: CatalogueEntry]) -> LinkedPackage? {
    guard let entry = entries[found.name], entry.release == found.release else { return nil }
    var dependencies: [Int32] = []
    for names in found.needs {
        for name in names {
            guard let number = entries[name]?.number else { continue }
            if number != entry.number, !dependencies.contains(number) {
                dependencies.append(number)
            }
            break
        }
    }
    return LinkedPackage(
        number: entry.number, section: found.section,
        installedKibibytes: found.installedKibibytes, dependencies: dependencies)
}

/// What the graph needs of a package.
@Remote func links(_ linked: LinkedPackage) -> Links {
    Links(number: linked.number, dependencies: linked.dependencies)
}

/// What packages are grouped by.
@Remote func section(_ linked: LinkedPackage) -> String { linked.section }

/// What is added up in a group.
@Remote func installedKibibytes(_ linked: LinkedPackage) -> Int { linked.installedKibibytes }
