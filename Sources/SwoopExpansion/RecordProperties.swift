// The properties of a record as functions that key paths lead to: `sales.sorted(by: \.amount)`. A
// macro sees the struct's body, so what extensions add is not among them.

import SwiftSyntax

/// A property of a struct that chains may name.
struct RecordProperty {
    let name: String
    let type: String
    /// `public `, `package `, `fileprivate ` or nothing: no more than its own, or its record's.
    let access: String
    /// Whether it is a column.
    let isColumn: Bool

    /// A stored property, unless said otherwise; nil if nothing outside of the struct may name it.
    init?(
        _ name: String, _ type: String, of variable: VariableDeclSyntax, _ record: String,
        isStored: Bool = true
    ) {
        let own = variable.modifiers.map(\.name.text)
        if own.contains("private") { return nil }
        let stated = ["public", "package", "fileprivate"].first { own.contains($0) }
        switch stated {
        case "public": access = record
        case "package": access = record.isEmpty ? "" : "package "
        case "fileprivate": access = "fileprivate "
        default: access = ""
        }
        self.name = name
        self.type = type
        isColumn = isStored
    }

    /// A computed property; nil if its value is not simply there.
    init?(computed binding: PatternBindingSyntax, of variable: VariableDeclSyntax, _ record: String)
    {
        guard let type = binding.typeAnnotation?.type, variable.attributes.isEmpty,
            let name = binding.pattern.as(IdentifierPatternSyntax.self)?.identifier.text,
            !type.is(SomeOrAnyTypeSyntax.self)
        else { return nil }
        if case .accessors(let list)? = binding.accessorBlock?.accessors {
            let hasEffects = list.contains {
                $0.accessorSpecifier.text == "get" && $0.effectSpecifiers != nil
            }
            if hasEffects { return nil }
        }
        self.init(name, type.trimmedDescription, of: variable, record, isStored: false)
    }
}

/// A type for each property, and the properties that lead key paths to them.
func propertyFunctions(of record: RecordFields, type: String) -> String {
    let functions = record.properties.map { property in
        let access = property.access
        let function = identifier("_", before: property.name)
        let output = identifier("_", before: property.name + "Type")
        let own = """
            @inline(__always) \(access)func _read<_Some: Swoop._PageColumns>(_ columns: \
            _Some, _ row: Int) -> \(output) where _Some.Element == __Record {
            (columns as? __Record._Columns).map { $0.\(property.name)[row] } \
            ?? _apply(columns[row]) }
            """
        let texts = """
            \(access)typealias _TextHolder = __Record
            @inline(__always) \(access)func _texts(_ columns: __Record._Columns) -> \
            String._Columns { columns.\(property.name) }
            """
        let lendsTexts = property.isColumn && property.type == "String"
        let protocols = ["_PropertyFunction"] + (lendsTexts ? ["_TextProperty"] : [])
        let members = (property.isColumn ? [own] : []) + (lendsTexts ? [texts] : [])
        // Inside of the function's type, Input and Output are its own.
        return """
            \(access)typealias \(output) = \(property.type)
            \(access)struct \(function): \
            \(protocols.map { "Swoop.\($0)" }.joined(separator: ", ")) {
            \(access)init() {}
            @inline(__always) \(access)func _apply(_ input: \(type)) -> \(output) \
            { input.\(property.name) }
            \(members.joined(separator: "\n"))
            \(access)static var _name: String { \(literal(property.name.filter { $0 != "`" })) }
            }
            \(access)var \(property.name): \(function) { \(function)() }
            """
    }
    return """
        @dynamicMemberLookup \(record.access)struct _Properties: Swoop._PropertyList {
        \(record.access)typealias __Record = \(type)
        \(record.access)typealias _Holder = __Record
        \(functions.joined(separator: "\n"))
        }
        """
}
