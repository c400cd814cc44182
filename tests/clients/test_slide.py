"""A shared view's slide, opened by python-pptx and by LibreOffice."""

import io
import json
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE

from support import ServiceTest

AREA = "zones/west-station-hub"
TITLE = "西站枢纽专题会 <一>"


class Slide(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        state = f"?v=1&area=feature:{AREA}&collections=projects,parcels&relation=intersects&lang=zh"
        body = json.dumps({"state": state, "title": TITLE}).encode()
        cls.share = cls.ask("/shares", body)
        with urllib.request.urlopen(cls.share["pictures"]["pptx"]) as answer:
            cls.bytes = answer.read()
        cls.deck = Presentation(io.BytesIO(cls.bytes))

    @classmethod
    def ask(cls, path, body):
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(cls.service.url + path, body, headers)) as answer:
            return json.load(answer)

    def test_one_slide_of_16_by_9_with_all_on_it(self):
        deck = self.deck
        self.assertEqual(len(deck.slides), 1)
        self.assertEqual(deck.slide_width * 9, deck.slide_height * 16)
        for shape in deck.slides[0].shapes:
            self.assertGreaterEqual(shape.left, 0, shape.name)
            self.assertGreaterEqual(shape.top, 0, shape.name)
            self.assertLessEqual(shape.left + shape.width, deck.slide_width, shape.name)
            self.assertLessEqual(shape.top + shape.height, deck.slide_height, shape.name)

    def test_words_picture_and_link_are_those_of_the_share(self):
        shapes = list(self.deck.slides[0].shapes)
        texts = "\n".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)
        self.assertIn(TITLE, texts)
        self.assertIn(f"{self.share['revision']}", texts)
        pictures = [shape for shape in shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
        self.assertTrue(any(picture.image.size[0] >= 1000 for picture in pictures))
        runs = [
            run
            for shape in shapes
            if shape.has_text_frame
            for paragraph in shape.text_frame.paragraphs
            for run in paragraph.runs
        ]
        links = {run.hyperlink.address for run in runs if run.hyperlink.address}
        self.assertIn(self.share["url"], links)

    def test_the_table_holds_the_numbers_of_the_query(self):
        tables = [shape.table for shape in self.deck.slides[0].shapes if shape.has_table]
        self.assertEqual(len(tables), 1)
        cells = [[cell.text for cell in row.cells] for row in tables[0].rows]
        query = {"area": {"feature": AREA}, "collections": ["projects", "parcels"], "relation": "intersects"}
        answer = self.ask("/areas/query", json.dumps(query).encode())
        numbers = [[int(n) for n in re.findall(r"\d+", " ".join(row[1:]))] for row in cells[1:]]
        for result in answer["results"]:
            sure = sum(f["properties"]["certainty"] == "certain" for f in result["features"])
            possible = len(result["features"]) - sure
            self.assertEqual(result["numberMatched"], len(result["features"]))
            fitting = [row for row in numbers if sure in row and possible in row]
            self.assertTrue(fitting, (result["collection"], sure, possible, cells))

    def test_libreoffice_makes_one_page_of_it(self):
        with tempfile.TemporaryDirectory() as folder:
            deck = Path(folder) / "slide.pptx"
            deck.write_bytes(self.bytes)
            profile = f"-env:UserInstallation=file://{folder}/profile"
            command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, deck]
            subprocess.run(command, check=True, capture_output=True, timeout=300)
            page = (Path(folder) / "slide.pdf").read_bytes()
        self.assertEqual(len(re.findall(rb"/Type\s*/Page\b(?!s)", page)), 1)
