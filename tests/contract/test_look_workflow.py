"""`audioletter look workflow`: the table as text and as a picture."""

from PIL import Image

from appliance.commands import main


def test_without_a_file_it_prints_the_table(capsys):
    assert main(['look', 'workflow']) == 0
    assert 'cutting         stop pressed       stop -> stopped' in capsys.readouterr().out


def test_with_a_file_it_draws(tmp_path, capsys):
    out = tmp_path / 'workflow.png'
    assert main(['look', 'workflow', '--out', str(out)]) == 0
    with Image.open(out) as image:
        image.load()
        assert image.format == 'PNG'
        assert image.width > 1500
        assert len(image.getcolors(1 << 20)) > 20
    assert capsys.readouterr().out.strip() == str(out)


def test_a_place_that_cannot_be_written_is_one_line_and_exit_2(tmp_path, capsys):
    assert main(['look', 'workflow', '--out', str(tmp_path / 'no' / 'x.png')]) == 2
    assert 'no such folder' in capsys.readouterr().err
