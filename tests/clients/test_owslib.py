"""OWSLib, the client library of most Python tools, walks the interface."""

import json

from owslib.ogcapi.features import Features

from support import ServiceTest


def rectangle(feature):
    """West, south, east, north of a feature's positions; None where it has no geometry."""
    if feature["geometry"] is None:
        return None
    positions = []

    def gather(coordinates):
        if isinstance(coordinates[0], (int, float)):
            positions.append(coordinates)
        else:
            for part in coordinates:
                gather(part)

    gather(feature["geometry"]["coordinates"])
    east, north = map(max, zip(*positions))
    west, south = map(min, zip(*positions))
    return west, south, east, north


class OwsLib(ServiceTest):
    def setUp(self):
        self.client = Features(self.service.url)

    def items(self, collection, **parameters):
        answer = self.client.collection_items(collection, limit=10000, **parameters)
        return [feature["id"] for feature in answer["features"]]

    def test_landing_page_leads_to_everything(self):
        relations = {link["rel"] for link in self.client.links}
        self.assertLessEqual({"self", "service-desc", "service-doc", "conformance", "data"}, relations)
        self.assertEqual(self.client.api()["openapi"], "3.0.3")
        declared = self.client.conformance()["conformsTo"]
        for needed in [
            "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
            "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
            "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
            "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
        ]:
            self.assertIn(needed, declared)

    def test_every_collection_with_all_its_pages(self):
        collections = self.client.collections()["collections"]
        self.assertEqual(self.client.feature_collections(), [collection["id"] for collection in collections])
        for collection in collections:
            name = collection["id"]
            self.assertEqual(self.client.collection(name)["title"], collection["title"])
            found = []
            while True:
                page = self.client.collection_items(name, limit=7, offset=len(found))
                found += [feature["id"] for feature in page["features"]]
                if not page["features"]:
                    break
            self.assertEqual(page["numberMatched"], len(found), name)
            self.assertEqual(len(set(found)), len(found), name)
            self.assertEqual(found, list(self.service.items(name)), name)

    def test_queryables_and_schema(self):
        for name in self.client.feature_collections():
            queryables = self.client.collection_queryables(name)["properties"]
            self.assertEqual(queryables["name"]["type"], "string", name)
            self.assertTrue(queryables["kind"]["enum"], name)
            schema = self.client.collection_schema(name)
            self.assertIn("name", schema["required"])
            for feature in self.service.items(name).values():
                self.assertLessEqual(set(schema["required"]), set(feature["properties"]), feature["id"])

    def test_rectangle(self):
        west, south, east, north = box = 117.15, 39.15, 117.17, 39.165
        stations = self.service.items("transit")
        inside = [
            name
            for name, station in stations.items()
            if (at := rectangle(station)) and west <= at[0] <= east and south <= at[1] <= north
        ]
        self.assertTrue(0 < len(inside) < len(stations))
        self.assertEqual(self.items("transit", bbox=box), inside)

    def test_filter_as_text_and_as_json(self):
        zones = self.service.items("zones")
        plan_zones = [
            name
            for name, zone in zones.items()
            if zone["properties"]["kind"] == "plan_zone" and "三" in zone["properties"]["name"]
        ]
        self.assertTrue(0 < len(plan_zones) < len(zones))
        self.assertEqual(self.items("zones", filter="kind = 'plan_zone' AND name LIKE '%三%'"), plan_zones)
        as_json = {
            "op": "and",
            "args": [
                {"op": "=", "args": [{"property": "kind"}, "plan_zone"]},
                {"op": "like", "args": [{"property": "name"}, "%三%"]},
            ],
        }
        found = self.items("zones", **{"filter": json.dumps(as_json), "filter-lang": "cql2-json"})
        self.assertEqual(found, plan_zones)

    def test_order_and_search(self):
        named = self.items("zones", q="三岔河口")
        self.assertIn("sanchahekou", named)
        self.assertLess(len(named), len(self.service.items("zones")))
        accuracies = [
            feature["properties"].get("accuracy_m")
            for feature in self.client.collection_items("zones", limit=10000, sortby=("accuracy_m", "desc"))["features"]
        ]
        stated = [metres for metres in accuracies if metres is not None]
        self.assertGreater(len(set(stated)), 1)
        self.assertEqual(stated, sorted(stated, reverse=True))

    def test_one_feature_whole(self):
        zone = self.client.collection_item("zones", "sanchahekou")
        self.assertEqual(zone["properties"]["name"], "三岔河口文旅商贸区")
        served = self.service.items("zones")["sanchahekou"]
        self.assertEqual(zone["geometry"], served["geometry"])
        # Beside what a list has, it says how large the zone is.
        self.assertGreater(zone["properties"].pop("measured")["area_m2"], 1e6)
        self.assertEqual(zone["properties"], served["properties"])

    def test_what_is_wrong_is_said(self):
        with self.assertRaisesRegex(RuntimeError, "there is no collection"):
            self.client.collection("nowhere")
        with self.assertRaisesRegex(RuntimeError, "colour"):
            self.items("zones", filter="colour = 'red'")
